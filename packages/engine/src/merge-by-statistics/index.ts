/** Merges that weigh parameters by Fisher information, as pure functions in f64 on values in memory by tensor name: for searches, and as oracles of the methods. */
export { type DfMergeOptions, type DfModel, dfMerge, type Granularity } from "./df-merge.ts";
export { type FisherAt, interpolateFisher } from "./fisher-grid.ts";
export { type FisherMergeOptions, type FisherModel, fisherMerge } from "./fisher-merge.ts";
export type { TensorMap } from "./tensor-map.ts";
export { trim } from "./trim.ts";
