import type { MergeMethod } from "../define-method.ts";
import { methods } from "../methods/index.ts";
import type { Scalar } from "../settings.ts";

/** One parameter of a mergekit method and its place in ours. */
export interface SettingRule {
  /** mergekit's name */
  readonly name: string;
  /** model: mergekit looks for it at each model first; merge: for all models together */
  readonly scope: "model" | "merge";
  /** Our name */
  readonly to: string;
  /** mergekit's default, as mergekit writes it; absent: mergekit demands a value */
  readonly standard?: Scalar;
  /** Values that are written differently, mergekit's first */
  readonly pairs?: readonly (readonly [Scalar, Scalar])[];
}

export interface MethodRules {
  /** As in merge_method */
  readonly name: string;
  readonly method: MergeMethod;
  /** What base_model is: needed, possible, the first of the models (slerp), or at most another name of one of them */
  readonly base: "required" | "optional" | "first" | "none";
  readonly settings: readonly SettingRule[];
  /** Our parameters that mergekit has fixed */
  readonly fixed: Readonly<Record<string, Scalar>>;
  /** Why the result is not mergekit's to the last digits; absent: it is, but for rounding */
  readonly difference?: string;
}

type Entry = Omit<MethodRules, "name" | "method" | "fixed"> & { readonly id?: string; readonly fixed?: MethodRules["fixed"] };

const model = (name: string, standard?: Scalar, to = name): SettingRule => ({
  name,
  scope: "model",
  to,
  ...(standard === undefined ? {} : { standard }),
});
const merge = (name: string, standard?: Scalar, to = name): SettingRule => ({ ...model(name, standard, to), scope: "merge" });

const rescale = (standard: boolean): SettingRule => ({
  ...merge("rescale", standard),
  pairs: [
    [true, "l1"],
    [false, "none"],
  ],
});
const byRow = (name: string): SettingRule => ({
  ...merge(name, false, "granularity"),
  pairs: [
    [false, "tensor"],
    [true, "row"],
  ],
});
/** Whether entries of the elected sign are divided by their weights. */
const dividing: SettingRule = {
  ...merge("normalize", true, "aggregate"),
  pairs: [
    [true, "weighted-mean"],
    [false, "sum"],
  ],
};
const taskVectors = (normalize: boolean): SettingRule[] => [model("weight"), merge("lambda", 1), merge("normalize", normalize)];
const sparse = (normalize: boolean): SettingRule[] => [...taskVectors(normalize), model("density", 1)];

const randomMask = "which entries are dropped is drawn from the recipe's seed; mergekit draws others each time.";
const smallTensors = "tensors too small to have outliers keep their values; mergekit sets their differences to 0.";

/** Every merge method of mergekit that is known here. */
const entries: Readonly<Record<string, Entry>> = {
  linear: { base: "none", settings: [model("weight"), merge("normalize", true)] },
  slerp: { base: "first", settings: [merge("t")] },
  nuslerp: { base: "optional", settings: [model("weight")] },
  multislerp: {
    base: "optional",
    settings: [model("weight"), merge("normalize_weights", true, "normalizeWeights"), merge("eps", 1e-8)],
  },
  karcher: { base: "none", settings: [merge("max_iter", 10, "maxIterations"), merge("tol", 1e-5, "tolerance")] },
  task_arithmetic: { base: "required", settings: taskVectors(false) },
  ties: {
    base: "required",
    settings: [model("weight"), model("density", 1), merge("lambda", 1), dividing],
    fixed: { trim: "tensor", ties: "first", elect: "non-negative" },
  },
  dare_linear: { base: "required", settings: [...sparse(false), rescale(true)], difference: randomMask },
  dare_ties: { base: "required", settings: [...sparse(false), rescale(true)], difference: randomMask },
  della: { base: "required", settings: [...sparse(true), model("epsilon", 0.15), rescale(true)], difference: randomMask },
  della_linear: { base: "required", settings: [...sparse(false), model("epsilon", 0.15), rescale(true)], difference: randomMask },
  breadcrumbs: { base: "required", settings: [...sparse(false), model("gamma", 0.01), rescale(false)], difference: smallTensors },
  breadcrumbs_ties: {
    base: "required",
    settings: [...sparse(false), model("gamma", 0.01), rescale(false)],
    difference: smallTensors,
  },
  model_stock: { base: "required", settings: [byRow("filter_wise")], fixed: { clamp: false, average: "cosine" } },
  sce: { base: "required", settings: [merge("select_topk", 1, "topk")] },
  nearswap: { base: "required", settings: [merge("t")] },
  arcee_fusion: {
    base: "required",
    settings: [],
    difference: "the threshold is taken from all values; mergekit samples a million of large tensors.",
  },
  ram: { base: "required", settings: [merge("epsilon", 1e-5)] },
  ramplus_tl: {
    id: "ram_plus",
    base: "required",
    settings: [merge("r", 0.1), merge("alpha", 0.2), merge("epsilon", 1e-5)],
  },
  passthrough: { base: "none", settings: [model("scale", 1)] },
};

/** Parameters of any method of mergekit, which its other methods do not read. */
export const knownParameters: readonly string[] = [
  ...new Set([
    ...Object.values(entries).flatMap(({ settings }) => settings.map(({ name }) => name)),
    ...["int8_mask", "nuslerp_flatten", "nuslerp_row_wise"],
  ]),
];

/** What decides nothing but memory. */
export const memoryParameters: readonly string[] = ["int8_mask"];

const idOf = (name: string): string => (Object.hasOwn(entries, name) ? (entries[name]?.id ?? name) : name);

/** merge_method of each method of ours; our own methods under their ids. */
export const mergekitNameOf = ({ id }: Pick<MergeMethod, "id">): string =>
  Object.keys(entries).find((name) => idOf(name) === id) ?? id;

/** Whether mergekit has the method, so that it can run the file. */
export const isMergekitMethod = (name: string): boolean => Object.hasOwn(entries, name);

/** Names that merge_method may have here. */
export const mergeMethodNames = (): string[] => methods.map(mergekitNameOf);

/** The rules of a merge_method; null when there is no such method here. Our own methods are written with our own names. */
export function rulesOf(name: string): MethodRules | null {
  const method = methods.find(({ id }) => id === idOf(name));
  if (method === undefined || mergekitNameOf(method) !== name) return null;
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry !== undefined) return { fixed: {}, ...entry, name, method };
  const { perParent, params, base } = method;
  const settings = [
    ...Object.keys(perParent.shape).map((key) => model(key)),
    ...Object.keys(params.shape).map((key) => merge(key)),
  ];
  return { name, method, base, settings, fixed: {} };
}
