/** Merges that weigh parameters by what was measured on data: Fisher information, curvature, Gram matrices of inputs. Pure functions on values by tensor name. */
export { type DfMergeOptions, type DfModel, dfMerge, type Granularity } from "./df-merge.ts";
export { type FisherAt, interpolateFisher } from "./fisher-grid.ts";
export { type FisherMergeOptions, type FisherModel, fisherMerge } from "./fisher-merge.ts";
export { type RegMeanLayer, type RegMeanOptions, regMeanLayer } from "./regmean.ts";
export type { TensorMap } from "./tensor-map.ts";
export { trim } from "./trim.ts";
export { type UgmModel, type UgmOptions, ugm } from "./ugm.ts";
