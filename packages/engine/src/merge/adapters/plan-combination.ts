import { byteLength } from "../../tensor/dtype.ts";
import { matchesGlob } from "../architectures.ts";
import { curtail } from "../check-headers.ts";
import type { CheckpointHeader, LoraHeader, LoraModule } from "../checkpoint-header.ts";
import type { Values } from "../define-method.ts";
import { type Fault, fault, RefusedError } from "../fault.ts";
import type { Plan } from "../planned.ts";
import type { Recipe } from "../recipe.ts";
import type { Combination } from "./adapter-work.ts";
import { adapterForecast, moduleTensors, type PlannedModule } from "./module-tensors.ts";

/** More than any reader takes. */
const maxRank = 65_536;

interface Parent {
  readonly label: string;
  readonly lora: LoraHeader;
  readonly path: readonly (string | number)[];
}

/**
 * Plans an adapter made of adapters, from their headers alone.
 * @throws RefusedError for modules that not all have, of other shapes, or of ranks that cannot be merged
 */
export function planCombination(recipe: Recipe, work: Combination<Values, Values>, headers: readonly CheckpointHeader[]): Plan {
  const parents = headers.flatMap(({ label, lora }, i): Parent[] =>
    lora == null ? [] : [{ label, lora, path: ["parents", i] }],
  );
  const isExcluded = (name: string) => (recipe.exclude ?? []).some((glob) => matchesGlob(glob, name));
  const all = [...new Set(parents.flatMap(({ lora }) => [...lora.modules.keys()]))].sort();
  const names = all.filter((name) => !isExcluded(name));
  const planned = names.map((name) => planModule(recipe, work, name, parents));
  const faults = [...parents.flatMap((parent) => checkSaved(parent, isExcluded)), ...planned.flatMap((each) => each.faults)];
  if (faults.length > 0) throw new RefusedError(curtailed(faults));
  const modules = planned.flatMap(({ module }) => module ?? []);
  if (modules.length === 0)
    throw new RefusedError([fault("NOTHING_TO_MERGE", "Every module is excluded, so there is nothing to merge.", ["exclude"])]);
  const tensors = modules.flatMap((module) => moduleTensors(module, recipe.dtype ?? "F32"));
  const ranksOf = (name: string) => parents.reduce((sum, { lora }) => sum + (lora.modules.get(name)?.rank ?? 0), 0);
  const sizes = modules.map(({ source, rows, columns }) => ({ total: ranksOf(source.name), both: rows + columns }));
  const bases = new Set(parents.flatMap(({ lora }) => lora.baseModel ?? []));
  return {
    ...{
      recipe,
      sources: [],
      tensors,
      copied: [],
      output: "adapter",
      statistics: [],
      alignment: null,
      layerOrder: null,
      state: null,
    },
    excluded: all.filter(isExcluded),
    ...adapterForecast({
      readBytes: readBytesOf(headers, parents, names),
      tensors,
      // Factors of all parents as stored and in f64, and a few copies of both while they are decomposed.
      moduleBytes: sizes.reduce((most, { total, both }) => Math.max(most, 60 * total * both), 0),
      operations: sizes.reduce((sum, { total, both }) => sum + 8 * both * total ** 2 + 30 * total ** 3, 0),
    }),
    notes: [
      ...(bases.size > 1 ? [`The adapters name different base models: ${[...bases].join(", ")}.`] : []),
      ...(all.length > names.length ? [`${all.length - names.length} modules left out by ${recipe.exclude?.join(", ")}.`] : []),
    ],
  };
}

interface ModuleOrFaults {
  readonly module: PlannedModule | null;
  readonly faults: readonly Fault[];
}

function planModule(recipe: Recipe, work: Combination<Values, Values>, name: string, parents: readonly Parent[]): ModuleOrFaults {
  const found = parents.flatMap((parent) => {
    const module = parent.lora.modules.get(name);
    return module === undefined ? [] : [{ ...parent, module }];
  });
  const [first] = found;
  if (first === undefined) return { module: null, faults: [] };
  const faults = parents.flatMap(({ lora, label, path }): Fault[] => {
    const module = lora.modules.get(name);
    if (module === undefined) {
      const message = `Module ${name} is in ${first.label} but not in ${label}; exclude it or merge adapters of the same modules.`;
      return [fault("ADAPTER_MODULE_MISSING", message, path)];
    }
    return isSame(module, first.module)
      ? []
      : [fault("ADAPTER_SHAPE_MISMATCH", otherShape(name, { label, module }, first), path)];
  });
  const { shape, layout } = first.module;
  const [rows, columns] = shape;
  const ranks = found.map(({ module }) => module.rank);
  const rank = work.rank({ ranks, rows, columns }, recipe.parameters);
  if (typeof rank === "string" || rank > maxRank) faults.push(rankFault(name, rank, found));
  if (faults.length > 0 || typeof rank === "string") return { module: null, faults };
  const source = { name, shape, elements: rows * columns, columns, inputs: [], build: null, prepare: null };
  return { module: { source, rank, rows, columns, layout }, faults };
}

const isSame = (a: LoraModule, b: LoraModule): boolean => a.shape.join() === b.shape.join() && a.layout === b.layout;

const inWords = ({ shape, layout }: LoraModule): string => `[${shape.join(", ")}]${layout === "linear" ? "" : ` (${layout})`}`;

const otherShape = (name: string, a: { label: string; module: LoraModule }, b: { label: string; module: LoraModule }): string =>
  `Module ${name} is ${inWords(a.module)} in ${a.label} but ${inWords(b.module)} in ${b.label}; merge adapters of the same model.`;

function rankFault(
  name: string,
  rank: number | string,
  found: readonly { readonly label: string; readonly module: LoraModule }[],
): Fault {
  if (typeof rank === "number")
    return fault("ADAPTER_RANK_MISMATCH", `Module ${name} would have rank ${rank}, more than ${maxRank}; use lora_svd.`, [
      "method",
    ]);
  const ranks = found.map(({ label, module }) => `${module.rank} in ${label}`).join(", ");
  return fault("ADAPTER_RANK_MISMATCH", `Module ${name} has rank ${ranks}: ${rank}.`, ["method"]);
}

function checkSaved({ label, lora: { saved }, path }: Parent, isExcluded: (name: string) => boolean): Fault[] {
  const kept = saved.filter((name) => !isExcluded(name));
  if (kept.length === 0) return [];
  const message = `${label} holds whole tensors beside its factors (${kept.slice(0, 3).join(", ")}), which cannot be combined; exclude them, or merge models with the adapters baked in.`;
  return [fault("ADAPTER_UNSUPPORTED", message, path)];
}

/** Adapters of different models differ in every module. */
const curtailed = (faults: readonly Fault[]): Fault[] =>
  curtail(faults, (path, count) => `${count} more modules do not match${path[0] === "parents" ? ` in parent ${path[1]}` : ""}.`);

function readBytesOf(headers: readonly CheckpointHeader[], parents: readonly Parent[], names: readonly string[]): number {
  const wanted = new Set(names);
  const shares = parents.map(({ lora }) =>
    [...lora.modules]
      .filter(([name]) => wanted.has(name))
      .reduce(
        (
          sum,
          [
            ,
            {
              rank,
              shape: [rows, columns],
            },
          ],
        ) => sum + rank * (rows + columns),
        0,
      ),
  );
  return shares.reduce((sum, elements, i) => sum + byteLength(headers[i]?.tensors[0]?.dtype ?? "F32", [elements]), 0);
}
