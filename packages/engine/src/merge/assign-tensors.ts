import type { z } from "zod";
import { assignSlices } from "./assign-slices.ts";
import type { CheckpointHeader } from "./checkpoint-header.ts";
import { type Fault, fault } from "./fault.ts";
import { layerCounts, layerOf } from "./layer-stack.ts";
import { defaultOf } from "./read-settings.ts";
import { methodOf, ownOf, type Recipe } from "./recipe.ts";
import { keyOf } from "./reference.ts";
import { isVarying, type Scalar, type SettingPlace, type Settings, settingAt } from "./settings.ts";

/** What makes one tensor of the result, with every setting worked out. */
export interface TensorAssignment {
  /** In the result; layers of slices are numbered anew */
  readonly name: string;
  /** Tensor of the base; null when the recipe has none */
  readonly base: string | null;
  readonly parents: readonly AssignedParent[];
  readonly parameters: Readonly<Record<string, Scalar>>;
}

export interface AssignedParent {
  /** Position in the recipe */
  readonly index: number;
  readonly tensor: string;
  readonly own: Readonly<Record<string, Scalar>>;
}

export interface Assignments {
  readonly assignments: readonly TensorAssignment[];
  /** Number of layers of the result when slices are stacked; null: as the reference has */
  readonly layers: number | null;
  /** For each layer of slices, the number it has in the model whose names are used; null without slices */
  readonly layerOrder: readonly number[] | null;
  readonly faults: readonly Fault[];
}

export interface AssignHeaders {
  readonly base: CheckpointHeader | null;
  readonly parents: readonly CheckpointHeader[];
}

/** A tensor of the result before its settings are known. */
export interface Placed {
  readonly name: string;
  readonly position: number;
  readonly base: string | null;
  readonly parents: readonly { readonly index: number; readonly tensor: string }[];
  /** Settings that go before those of the recipe, most particular first; the same object for all tensors of a slice */
  readonly scope: Scope;
}

export interface Scope {
  readonly parameters: readonly Settings[];
  /** For each of the tensor's parents */
  readonly own: readonly (readonly Settings[])[];
}

/** Beyond this many, faults of the same kind are not told. */
const maxFaults = 20;

/**
 * Says for each tensor of the result from which tensors it is made and with what settings. Names alone are decided here: whether
 * every model has the tensor, and in the same shape, is the plan's to check.
 */
export function assignTensors(recipe: Recipe, headers: AssignHeaders): Assignments {
  const stacked = recipe.slices === null ? null : assignSlices(recipe, recipe.slices, headers);
  if (stacked !== null && stacked.faults.length > 0)
    return { assignments: [], layers: null, layerOrder: null, faults: stacked.faults };
  const placed = stacked?.placed ?? assignWhole(recipe, headers);
  const faults: Fault[] = [];
  const resolve = resolverOf(recipe, faults);
  const assignments = placed.map(resolve);
  if (faults.length === 0 && (stacked !== null || hasVarying(recipe))) faults.push(...judge(recipe, assignments));
  return { assignments, layers: stacked?.layerOrder.length ?? null, layerOrder: stacked?.layerOrder ?? null, faults };
}

const hasVarying = ({ parameters, parents }: Recipe): boolean =>
  [parameters, ...parents.map(ownOf)].some((settings) => Object.values(settings).some(isVarying));

function assignWhole(recipe: Recipe, { base, parents }: AssignHeaders): Placed[] {
  const names = ((base ?? parents[0])?.tensors ?? []).map(({ name }) => name);
  const counts = layerCounts(names);
  const scope: Scope = { parameters: [recipe.parameters], own: recipe.parents.map((parent) => [ownOf(parent)]) };
  return names.map((name) => {
    const layer = layerOf(name);
    const position = layer === null ? 0 : positionOf(layer.index, counts.get(layer.stack) ?? 1);
    const from = recipe.parents.map((_, index) => ({ index, tensor: name }));
    return { name, position, base: base === null ? null : name, parents: from, scope };
  });
}

/** 0 at the first of several layers, 1 at the last; a single layer is at 1. */
export const positionOf = (index: number, layers: number): number => (layers <= 1 ? 1 : index / (layers - 1));

type Values = Readonly<Record<string, Scalar>>;
type Evaluate = (place: SettingPlace, missing: (name: string) => void) => Values;

/** Works out settings, those that do not vary once for all tensors. */
function resolverOf(recipe: Recipe, faults: Fault[]): (placed: Placed) => TensorAssignment {
  const method = methodOf(recipe);
  const scopes = new Map<Scope, { readonly parameters: Evaluate; readonly own: readonly Evaluate[] }>();
  const miss = (message: string, path: readonly (string | number)[]): void => {
    if (faults.length < maxFaults) faults.push(fault("SETTING_MISSING", message, path));
  };
  return ({ name, position, base, parents, scope }) => {
    const known = scopes.get(scope) ?? {
      parameters: evaluator(scope.parameters, method.params.shape),
      own: scope.own.map((chain) => evaluator(chain, method.perParent.shape)),
    };
    scopes.set(scope, known);
    const place = { tensor: name, position };
    const why = `no case of it matches tensor ${name}; add a case without a filter.`;
    return {
      name,
      base,
      parents: parents.map(({ index, tensor }, k) => {
        const own = known.own[k]?.(place, (setting) => {
          const parent = recipe.parents[index];
          const label = parent === undefined ? String(index) : keyOf(parent);
          miss(`The parent ${label} has no ${setting} there: ${why}`, ["parents", index, setting]);
        });
        return { index, tensor, own: own ?? {} };
      }),
      parameters: known.parameters(place, (setting) => miss(`parameters.${setting} is missing: ${why}`, ["parameters", setting])),
    };
  };
}

function evaluator(chain: readonly Settings[], shape: Readonly<Record<string, z.ZodType>>): Evaluate {
  const rules = Object.entries(shape).map(([name, schema]) => {
    const settings = chain.map((each) => each[name]).filter((setting) => setting !== undefined);
    return { name, settings, standard: defaultOf(schema), isOptional: schema.safeParse(undefined).success };
  });
  const evaluate: Evaluate = (place, missing) => {
    const values: Record<string, Scalar> = {};
    for (const { name, settings, standard, isOptional } of rules) {
      let value: Scalar | undefined;
      for (const setting of settings) if (value === undefined) value = settingAt(setting, place);
      value ??= standard;
      if (value !== undefined) values[name] = value;
      else if (!isOptional) missing(name);
    }
    return values;
  };
  const isConstant = rules.every(({ settings: [first] }) => first === undefined || !isVarying(first));
  if (
    !isConstant ||
    rules.some(({ settings, standard, isOptional }) => settings.length === 0 && standard === undefined && !isOptional)
  )
    return evaluate;
  const values = evaluate({ tensor: "", position: 0 }, () => undefined);
  return () => values;
}

/** Zero weights are a mistake for a whole merge, but how a gradient begins or ends. */
const onlyEverywhere = "WEIGHTS_ALL_ZERO";

/** Lets the method judge every combination of values that occurs. */
function judge(recipe: Recipe, assignments: readonly TensorAssignment[]): Fault[] {
  const method = methodOf(recipe);
  const seen = new Set<string>();
  const faults = new Map<string, { readonly fault: Fault; count: number }>();
  for (const { name, parents, parameters } of assignments) {
    const key = JSON.stringify([parameters, parents.map(({ index, own }) => [index, own])]);
    if (seen.has(key)) continue;
    seen.add(key);
    const owns = parents.map(({ own }) => own);
    for (const { code, message, path: at } of method.check(owns, parameters)) {
      const [head, position, ...rest] = at;
      const index = position === undefined ? undefined : parents[Number(position)]?.index;
      const path = head === "parents" && index !== undefined ? [head, index, ...rest] : at;
      const id = `${code} ${path.join(".")}`;
      const known = faults.get(id);
      if (known !== undefined) known.count += 1;
      else if (faults.size < maxFaults) faults.set(id, { fault: fault(code, `At tensor ${name}: ${message}`, path), count: 1 });
    }
  }
  const counted = [...faults.values()].filter(({ fault: { code }, count }) => code !== onlyEverywhere || count === seen.size);
  return counted.map((each) => each.fault);
}
