export { type AdapterConfig, moduleSettings, parseAdapterConfig } from "./adapter-config.ts";
export { combineCat, combineLinear, combineSvd, type Truncated, type Weighted } from "./combine.ts";
export { adapterDelta, addAdapterRows } from "./deltas.ts";
export { type Extracted, type Extraction, extractAdapter } from "./extract-adapter.ts";
export type { Factors } from "./factors.ts";
export { type Adapter, type AdapterLayout, type AdapterModule, type AdapterTensor, openAdapter } from "./open-adapter.ts";
export { readFactors, readTensor } from "./read-factors.ts";
export { type RobustMergeOptions, robustMerge } from "./robust-merge.ts";
export { type AdapterFiles, type AdapterToWrite, adapterFiles, writeAdapter } from "./write-adapter.ts";
