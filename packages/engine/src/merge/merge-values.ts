import { type Element, input, sub } from "../expr/expr.ts";
import { isByRow } from "../expr/program.ts";
import type { RandomKey } from "../expr/random.ts";
import { evaluate, evaluateNumber, type Scene } from "../expr/scalar.ts";
import type { BuildInput, MergeMethod, ModelSelection, Space, Values } from "./define-method.ts";

/** One tensor of a merge, in memory; it counts as the whole model. */
export interface MergeValues {
  readonly base: Float32Array | null;
  readonly parents: readonly Float32Array[];
  /** Default: weights, for every parent */
  readonly spaces?: readonly Space[];
  /** What the recipe would say beside `model`, for each parent; missing values take the method's defaults */
  readonly own?: readonly Values[];
  readonly params?: Values;
  /** Default: the tensor is one row */
  readonly columns?: number;
  /** Stands for seed, tensor name and content of each parent */
  readonly seed?: number;
}

/** Merges one tensor by the slow interpreter. For laws, tests and explanations; checkpoints go through `mergeToFolder`. */
export function mergeValues(method: MergeMethod, values: MergeValues): Float32Array {
  return mergeOutputs(method, values)[0] ?? new Float32Array();
}

/** Every tensor that the method makes of one tensor; masks as zeros and others. */
export function mergeOutputs(method: MergeMethod, values: MergeValues): Float32Array[] {
  const base = method.base === "none" ? null : values.base;
  const inputs = base === null ? values.parents : [base, ...values.parents];
  const built = buildInput(base !== null, values);
  const keys = inputs.map((data, k) => keyOfContent(data, k, values.seed ?? 0));
  let scene: Scene = { inputs, keys, measured: {} };
  const shaped = (roots: readonly Element[]): Scene =>
    values.columns !== undefined && isByRow(roots) ? { ...scene, columns: values.columns } : scene;
  const elements = inputs[0]?.length ?? 0;
  method.survey?.rounds.forEach((round, index) => {
    const { numbers = {}, selections = {} } = round(built);
    const found: Record<string, number> = { ...scene.measured };
    for (const [name, value] of Object.entries(numbers)) found[name] = evaluateNumber(value, scene);
    for (const [name, selection] of Object.entries(selections)) Object.assign(found, border(name, selection, shaped([selection.of])));
    const tensor = { name: "tensor", shape: [elements], elements, numbers: found };
    Object.assign(found, method.survey?.conclude?.(index, [tensor], built.params)[0]);
    scene = { ...scene, measured: found };
  });
  return method.build(built).map(({ value }) => evaluate(value, shaped([value])));
}

function buildInput(hasBase: boolean, { parents, spaces, own, params }: MergeValues): BuildInput<Values, Values> {
  const first = hasBase ? 1 : 0;
  return {
    base: hasBase ? input(0) : null,
    parents: parents.map((_, i) => {
      const [value, space] = [input(first + i), spaces?.[i] ?? ("weights" as const)];
      const delta = hasBase && space === "weights" ? sub(value, input(0)) : value;
      return { value, delta, space, input: first + i, own: own?.[i] ?? {} };
    }),
    params: params ?? {},
  };
}

function border(name: string, { of, keep, ties }: ModelSelection, scene: Scene): Record<string, number> {
  const values = evaluate(of, scene);
  const wanted = Math.min(values.length, Math.max(0, Math.floor(keep(values.length))));
  const threshold = wanted === 0 ? Number.POSITIVE_INFINITY : (values.slice().sort().at(-wanted) ?? 0);
  let left = wanted - values.reduce((above, value) => above + (value > threshold ? 1 : 0), 0);
  const cut = ties === "all" && wanted > 0 ? values.length : values.findIndex((value) => value === threshold && --left === 0);
  return { [`${name}.threshold`]: threshold, [`${name}.cut`]: cut };
}

/** Depends on the content, as in a real merge, so that the order of parents does not matter. */
function keyOfContent(data: Float32Array, input: number, seed: number): RandomKey {
  const bits = new Int32Array(new Float32Array(data).buffer);
  const hash = bits.reduce((acc, word) => Math.imul(acc ^ word, 0x01000193), 0x811c9dc5 ^ seed);
  return [hash, Math.imul(hash, 0x9e3779b1) ^ (data.length === 0 ? input : 0)];
}
