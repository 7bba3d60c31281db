import { type Element, input, sub } from "../expr/expr.ts";
import { isByRow } from "../expr/program.ts";
import type { RandomKey } from "../expr/random.ts";
import { evaluate, evaluateNumber, type Scene } from "../expr/scalar.ts";
import type {
  BuildInput,
  BuildParent,
  MergeMethod,
  ModelSelection,
  Prepare,
  Space,
  SurveyedTensor,
  Values,
} from "./define-method.ts";
import { computations } from "./prepare/computations.ts";
import { bracketOf } from "./statistics/bracket.ts";

/** What a recipe would say. */
interface MergeSettings {
  /** Default: weights, for every parent */
  readonly spaces?: readonly Space[];
  /** What the recipe would say beside `model`, for each parent; missing values take the method's defaults */
  readonly own?: readonly Values[];
  readonly params?: Values;
  /** Stands for seed, tensor name and content of each parent */
  readonly seed?: number;
}

/** The values of one tensor in every model of a merge. */
interface TensorValues {
  readonly base: Float32Array | null;
  readonly parents: readonly Float32Array[];
  /** Of a parent in space "tasks": mask and scale of the task that is asked for */
  readonly tasks?: readonly { readonly mask: Float32Array; readonly scaler: number }[];
  /** Of a method that needs statistics; absent: they do not have the tensor */
  readonly statistics?: Measured;
}

/** What was measured of the models at one tensor. */
export interface Measured {
  readonly base?: Float32Array;
  /** At each parent itself, or at ascending λ */
  readonly parents: readonly (readonly { readonly lambda: number; readonly values: Float32Array }[])[];
}

/** One tensor of a merge, in memory; it counts as the whole model. */
export interface MergeValues extends MergeSettings, TensorValues {
  /** Default: the tensor is one row */
  readonly columns?: number;
}

export interface NamedTensor extends TensorValues {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A whole model in memory. */
export interface ModelValues extends MergeSettings {
  readonly tensors: readonly NamedTensor[];
}

/** Merges one tensor by the slow interpreter. For laws, tests and explanations; checkpoints go through `mergeToFolder`. */
export function mergeValues(method: MergeMethod, values: MergeValues): Float32Array {
  return mergeOutputs(method, values)[0] ?? new Float32Array();
}

/** Every tensor that the method makes of one tensor; masks as zeros and others. */
export function mergeOutputs(
  method: MergeMethod,
  { columns, base, parents, tasks, statistics, ...settings }: MergeValues,
): Float32Array[] {
  const elements = parents[0]?.length ?? 0;
  const shape = columns === undefined ? [elements] : [columns === 0 ? 0 : elements / columns, columns];
  const more = { ...(tasks === undefined ? {} : { tasks }), ...(statistics === undefined ? {} : { statistics }) };
  const tensor = { name: "tensor", shape, base, parents, ...more };
  return mergeModel(method, { ...settings, tensors: [tensor] }).outputs[0] ?? [];
}

/** A model merged by the slow interpreter: the outputs of each tensor, and what surveys have found. */
export interface MergedModel {
  readonly outputs: readonly Float32Array[][];
  readonly surveyed: readonly SurveyedTensor[];
}

interface SurveyedScene {
  readonly tensor: NamedTensor;
  readonly built: BuildInput<Values, Values>;
  readonly scene: Scene;
}

/** Merges several tensors by the slow interpreter, after the method's survey over all of them. */
export function mergeModel(method: MergeMethod, { tensors, ...settings }: ModelValues): MergedModel {
  let scenes = tensors.map((tensor): SurveyedScene => {
    const base = method.base === "none" ? null : tensor.base;
    const { base: ofBase, parents: grids = [] } = tensor.statistics ?? {};
    const measured = [...(ofBase === undefined ? [] : [ofBase]), ...grids.flat().map(({ values }) => values)];
    const inputs = [
      ...(base === null ? [] : [base]),
      ...tensor.parents,
      ...(tensor.tasks ?? []).map(({ mask }) => mask),
      ...measured,
    ];
    const keys = inputs.map((data, k) => keyOfContent(data, k, settings.seed ?? 0));
    return { tensor, built: buildInput(method, base !== null, tensor, settings), scene: { inputs, keys, measured: {} } };
  });
  if (method.prepare !== null && (method.statistics === undefined || tensors.every(({ statistics }) => statistics !== undefined)))
    scenes = preparedScenes(method.prepare, scenes, settings, method);
  method.survey?.rounds.forEach((_, round) => {
    scenes = surveyed(method, round, scenes);
  });
  return {
    outputs: scenes.map(({ tensor, built, scene }) =>
      method.build(built).map(({ value }) => evaluate(value, inRows(scene, tensor, [value]))),
    ),
    surveyed: scenes.map(describe),
  };
}

/** Tensors that are computed as a whole: the merge then knows the base and the result of that. */
function preparedScenes(
  prepare: Prepare,
  scenes: readonly SurveyedScene[],
  { own, spaces }: MergeSettings,
  { params: schema, perParent }: MergeMethod,
): SurveyedScene[] {
  const made = scenes.map(({ tensor: { name, shape, base, parents, statistics }, built: { params } }) =>
    computations[prepare.computation]({
      ...{ name, shape, params: schema.parse(params), state: null },
      base: base === null ? null : { read: () => base },
      parents: parents.map((values, i) => ({
        ...{ space: spaces?.[i] ?? "weights", own: perParent.parse(own?.[i] ?? {}), read: () => values },
        ...wholeStatistic(statistics?.parents[i]?.[0]?.values),
      })),
    }),
  );
  const tensors = scenes.map((scene, k) => ({ ...describe(scene), numbers: made[k]?.numbers ?? {} }));
  const measured = prepare.conclude(tensors, null, "The first parent");
  return scenes.map(({ tensor, built, scene: { keys, inputs } }, k) => {
    const known = built.base === null ? [] : inputs.slice(0, 1);
    const { base, params } = built;
    return {
      tensor,
      built: { base, params, parents: [], prepared: input(known.length) },
      scene: { keys: keys ?? [], inputs: [...known, made[k]?.values ?? new Float32Array()], measured },
    };
  });
}

const wholeStatistic = (values: Float32Array | undefined) =>
  values === undefined ? {} : { statistic: { kind: "gram" as const, isTransposed: false, read: () => values } };

/** One round: numbers and selections of every tensor, and what the method concludes from them. */
function surveyed(method: MergeMethod, round: number, scenes: readonly SurveyedScene[]): SurveyedScene[] {
  const asked = scenes.map(({ built }) => method.survey?.rounds[round]?.(built) ?? {});
  const borders = Object.entries(asked[0]?.selections ?? {}).map(([name, { ties, keep }]) => {
    const values = scenes.map(({ tensor, scene }, k) => ranked(asked[k]?.selections?.[name], tensor, scene));
    return bordersOf(name, values, ties, keep);
  });
  const measured = scenes.map(({ scene, tensor }, k) => {
    const numbers = Object.entries(asked[k]?.numbers ?? {}).map(([name, value]) => [name, evaluateNumber(value, scene)] as const);
    return {
      scene: {
        ...scene,
        measured: Object.assign({ ...scene.measured }, Object.fromEntries(numbers), ...borders.map((each) => each[k])),
      },
      tensor,
    };
  });
  const params = scenes[0]?.built.params ?? {};
  const concluded = method.survey?.conclude?.(round, measured.map(describe), params) ?? [];
  return scenes.map((each, k) => {
    const scene = measured[k]?.scene ?? each.scene;
    return { ...each, scene: { ...scene, measured: { ...scene.measured, ...concluded[k] } } };
  });
}

const describe = ({ tensor: { name, shape, parents }, scene }: Pick<SurveyedScene, "tensor" | "scene">): SurveyedTensor => ({
  name,
  shape,
  elements: parents[0]?.length ?? 0,
  numbers: scene.measured ?? {},
});

/** Rows for an expression that depends on them; a tensor with fewer than two axes is one row. */
function inRows(scene: Scene, { shape }: NamedTensor, roots: readonly Element[]): Scene {
  if (shape.length < 2 || !isByRow(roots)) return scene;
  return { ...scene, columns: shape.slice(1).reduce((a, b) => a * b, 1) };
}

const ranked = (selection: ModelSelection | undefined, tensor: NamedTensor, scene: Scene): Float32Array =>
  selection === undefined ? new Float32Array() : evaluate(selection.of, inRows(scene, tensor, [selection.of]));

function buildInput(
  method: MergeMethod,
  hasBase: boolean,
  tensor: NamedTensor,
  settings: MergeSettings,
): BuildInput<Values, Values> {
  const first = hasBase ? 1 : 0;
  const { parents, tasks, statistics } = tensor;
  const after = first + parents.length + (tasks?.length ?? 0);
  return {
    base: hasBase ? input(0) : null,
    ...(statistics?.base === undefined ? {} : { baseStatistic: input(after) }),
    parents: parents.map((_, i) => {
      const [value, space] = [input(first + i), settings.spaces?.[i] ?? ("weights" as const)];
      const delta = hasBase && space === "weights" ? sub(value, input(0)) : value;
      const task = tasks?.[i];
      return {
        ...{ value, delta, space, input: first + i, own: settings.own?.[i] ?? {} },
        ...(task === undefined ? {} : { task: { mask: input(first + parents.length + i), scaler: task.scaler } }),
        ...statisticOf(method, statistics, { i, after, own: settings.own?.[i] ?? {} }),
      };
    }),
    params: settings.params ?? {},
  };
}

/** What was measured of a parent around its own λ. */
function statisticOf(
  method: MergeMethod,
  statistics: Measured | undefined,
  { i, after, own }: { readonly i: number; readonly after: number; readonly own: Values },
): Pick<BuildParent<Values>, "statistic"> {
  const grid = statistics?.parents[i];
  if (statistics === undefined || grid === undefined) return {};
  const before = statistics.parents.slice(0, i).flat().length + (statistics.base === undefined ? 0 : 1);
  const lambda = Number(method.perParent.parse(own)["lambda"] ?? 1);
  const { lower, upper } = bracketOf(
    grid.map((point) => point.lambda),
    lambda,
  );
  const at = (k: number) => input(after + before + k);
  return { statistic: { value: at(lower), next: upper === null ? null : { value: at(upper.at), share: upper.share } } };
}

/** Threshold of a selection over all tensors, and up to which position each tensor keeps values equal to it. */
function bordersOf(
  name: string,
  tensors: readonly Float32Array[],
  ties: ModelSelection["ties"],
  keep: ModelSelection["keep"],
): Record<string, number>[] {
  const all = Float32Array.from(tensors.flatMap((values) => [...values])).sort();
  const wanted = Math.min(all.length, Math.max(0, Math.floor(keep(all.length))));
  const threshold = wanted === 0 ? Number.POSITIVE_INFINITY : (all.at(-wanted) ?? 0);
  let left = wanted - all.reduce((above, value) => above + (value > threshold ? 1 : 0), 0);
  return tensors.map((values) => {
    let cut = ties === "all" && wanted > 0 ? values.length : -1;
    if (ties === "first")
      values.forEach((value, i) => {
        if (value !== threshold || left === 0) return;
        cut = i;
        left -= 1;
      });
    return { [`${name}.threshold`]: threshold, [`${name}.cut`]: cut };
  });
}

/** Depends on the content, as in a real merge, so that the order of parents does not matter. */
function keyOfContent(data: Float32Array, input: number, seed: number): RandomKey {
  const bits = new Int32Array(new Float32Array(data).buffer);
  const hash = bits.reduce((acc, word) => Math.imul(acc ^ word, 0x01000193), 0x811c9dc5 ^ seed);
  return [hash, Math.imul(hash, 0x9e3779b1) ^ (data.length === 0 ? input : 0)];
}
