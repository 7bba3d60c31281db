import type { MergeMethod } from "./define-method.ts";
import { type Fault, fault } from "./fault.ts";
import { nameOf, readSettings } from "./read-settings.ts";
import type { RecipeParent, RecipeSlice, RecipeSource } from "./recipe.ts";
import { type Envelope, unknownKey } from "./recipe-envelope.ts";
import { type AdaptedModel, classifyReference, keyOf, splitAdapter } from "./reference.ts";
import type { Settings } from "./settings.ts";

type Path = readonly (string | number)[];

/** The models of a recipe, each adapter beside its model, and what belongs to each. */
export interface RecipeModels {
  readonly base: AdaptedModel | null;
  readonly parents: readonly RecipeParent[];
  readonly slices: readonly RecipeSlice[] | null;
}

/** What a parent or source says for itself, without the keys that name it. */
export function ownOf({
  model: _model,
  adapter: _adapter,
  statistics: _statistics,
  layers: _layers,
  ...own
}: RecipeParent | RecipeSource): Settings {
  return own as Settings;
}

/** Reads base, parents and slices of a recipe; what is at fault is collected. */
export function readModels(method: MergeMethod, data: Envelope, faults: Fault[]): RecipeModels {
  const base = data.base == null ? null : readModel(data.base, data.baseAdapter ?? undefined, ["base"], faults);
  if (data.base == null && data.baseAdapter != null)
    faults.push(fault("BASE_MISSING", "baseAdapter needs a base; add it, or give the adapter to a parent.", ["baseAdapter"]));
  const parents =
    data.parents?.map(({ model, adapter, statistics = [], ...fields }, i) => ({
      ...readModel(model, adapter, ["parents", i, "model"], faults),
      ...(statistics.length === 0 ? {} : { statistics }),
      ...readOwn(method, fields, ["parents", i], "default", faults),
    })) ?? deriveParents(method, data, base);
  return { base, parents, slices: data.slices == null ? null : readSlices(method, data, { base, parents }, faults) };
}

function readModel(model: string, adapter: string | undefined, path: Path, faults: Fault[]): AdaptedModel {
  const adapted = adapter === undefined ? splitAdapter(model) : { model, adapter };
  if (adapted === null) {
    const why = "a + stands between a model and one adapter; rename a folder with + in its name, or give adapter as well.";
    faults.push(fault("VALUE_INVALID", `${nameOf(path)}: ${JSON.stringify(model.slice(0, 300))} cannot be read, ${why}`, path));
    return { model };
  }
  for (const text of [adapted.model, adapted.adapter ?? ""]) {
    const found = classifyReference(text);
    if ("refusal" in found) faults.push(fault("REFERENCE_REFUSED", `${nameOf(path)}: ${found.refusal}`, path));
  }
  return adapted;
}

function readOwn(
  method: MergeMethod,
  fields: Readonly<Record<string, unknown>>,
  path: Path,
  absent: "default" | "absent",
  faults: Fault[],
): Settings {
  const { shape } = method.perParent;
  for (const [key, value] of Object.entries(fields)) {
    if (Object.hasOwn(shape, key)) continue;
    // 1 is what a parsed recipe of an earlier version carries for a method without weights.
    if (key === "weight" && value === 1) continue;
    if (key === "weight") faults.push(fault("KEY_UNKNOWN", `${method.title} takes no weight for a parent.`, [...path, key]));
    else faults.push(unknownKey(nameOf(path), path, key, Object.keys(shape)));
  }
  const read = readSettings(fields, shape, path, absent);
  faults.push(...read.faults);
  return read.settings;
}

/** Parents of a recipe that has only slices: in order of first appearance; the base is no parent of its own. */
function deriveParents(method: MergeMethod, { slices }: Envelope, base: AdaptedModel | null): RecipeParent[] {
  const found = new Map<string, RecipeParent>();
  const { settings } = readSettings({}, method.perParent.shape, ["parents"], "default");
  for (const { model, adapter } of slices?.flatMap(({ sources }) => sources) ?? []) {
    const adapted = (adapter === undefined ? splitAdapter(model) : { model, adapter }) ?? { model };
    const key = keyOf(adapted);
    if (!found.has(key) && (base === null || keyOf(base) !== key)) found.set(key, { ...adapted, ...settings });
  }
  return [...found.values()];
}

function readSlices(
  method: MergeMethod,
  data: Envelope,
  models: { readonly base: AdaptedModel | null; readonly parents: readonly RecipeParent[] },
  faults: Fault[],
): RecipeSlice[] {
  const known = [...models.parents, ...(models.base ? [models.base] : [])];
  const used = new Set<string>();
  const slices = (data.slices ?? []).map(({ sources, parameters }, s): RecipeSlice => {
    const read = sources.map(({ model, adapter, layers, ...fields }, k): RecipeSource => {
      const path = ["slices", s, "sources", k];
      const asked = readModel(model, adapter, [...path, "model"], faults);
      const found = findModel(asked, known, [...path, "model"], faults);
      if (layers[0] >= layers[1])
        faults.push(
          fault("LAYERS_EMPTY", `${nameOf(path)}.layers: [${layers}] holds no layer; the end is not included.`, [
            ...path,
            "layers",
          ]),
        );
      if (used.has(`${s} ${keyOf(found)}`))
        faults.push(
          fault("PARENT_TWICE", `${nameOf(path)}: ${keyOf(found)} is in this slice twice; name it once.`, [...path, "model"]),
        );
      used.add(`${s} ${keyOf(found)}`).add(keyOf(found));
      return { ...found, layers, ...readOwn(method, fields, path, "absent", faults) };
    });
    const [first, ...others] = read;
    const length = ({ layers: [begin, end] }: RecipeSource) => end - begin;
    const uneven = others.find((source) => first !== undefined && length(source) !== length(first));
    if (first !== undefined && uneven !== undefined) {
      const why = `${keyOf(first)} gives ${length(first)} layers and ${keyOf(uneven)} ${length(uneven)}; ranges of a slice are equally long`;
      faults.push(fault("LAYERS_UNEVEN", `slices.${s}: ${why}.`, ["slices", s, "sources"]));
    }
    // The base takes part in every slice: with the layers that its source names, else with those of the first source.
    const isBaseNamed = read.some((source) => models.base === null || keyOf(source) === keyOf(models.base));
    const all =
      models.base === null || isBaseNamed || first === undefined ? read : [...read, { ...models.base, layers: first.layers }];
    return parameters === undefined || Object.keys(parameters).length === 0
      ? { sources: all }
      : { sources: all, parameters: readParameters(method, parameters, ["slices", s, "parameters"], "absent", faults) };
  });
  models.parents.forEach((parent, i) => {
    if (!used.has(keyOf(parent)))
      faults.push(fault("PARENT_UNUSED", `The parent ${keyOf(parent)} is in no slice; remove it or use it.`, ["parents", i]));
  });
  return slices;
}

/** The parent or base that a source means; its adapter may be left out when only one model fits. */
function findModel(asked: AdaptedModel, known: readonly AdaptedModel[], path: Path, faults: Fault[]): AdaptedModel {
  const fits = known.filter((each) => keyOf(each) === keyOf(asked));
  const near = fits.length > 0 || asked.adapter !== undefined ? fits : known.filter(({ model }) => model === asked.model);
  const [first] = near;
  if (first === undefined)
    faults.push(
      fault("MODEL_UNKNOWN", `${nameOf(path)}: ${keyOf(asked)} is neither a parent nor the base; list it there.`, path),
    );
  else if (new Set(near.map(keyOf)).size > 1)
    faults.push(
      fault("MODEL_UNKNOWN", `${nameOf(path)}: there are several ${asked.model} with adapters; name the adapter.`, path),
    );
  const { model, adapter } = first ?? asked;
  return adapter === undefined ? { model } : { model, adapter };
}

/** Reads parameters of the whole merge or of one slice. */
export function readParameters(
  method: MergeMethod,
  fields: Readonly<Record<string, unknown>>,
  path: Path,
  absent: "default" | "absent",
  faults: Fault[],
): Settings {
  const { shape } = method.params;
  for (const key of Object.keys(fields))
    if (!Object.hasOwn(shape, key)) faults.push(unknownKey(nameOf(path), path, key, Object.keys(shape)));
  const read = readSettings(fields, shape, path, absent);
  faults.push(...read.faults);
  return read.settings;
}
