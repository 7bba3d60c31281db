import { sampleRanges } from "../../expr/sample.ts";
import { outlineOf } from "../../expr/wasm/kernel.ts";
import { bytesOfRows } from "../tokenizer/row-map.ts";
import type { Job, Source, TensorJob } from "./job.ts";
import { sizeOf } from "./read-source.ts";

interface Part {
  readonly begin: number;
  readonly count: number;
}

/** Bytes that a pass over a part of a source reads. Factors of adapters, small and read by each worker, do not count. */
function bytesOf(source: Source, { begin, count }: Part): number {
  if (source.kind === "stored") return sizeOf(source.dtype, count);
  if (source.kind === "adapted") return sizeOf(source.weight.dtype, count);
  const sizes = source.matrices.map((matrix) => (matrix === null ? 0 : sizeOf(matrix.dtype, 1)));
  return bytesOfRows(source.map, sizes, { columns: source.columns, begin, count });
}

/** Bytes that all stages of a job read. */
export function bytesToRead({ stages, tensors, specs }: Pick<Job, "stages" | "tensors" | "specs">): number {
  const byRow = specs.map((spec) => outlineOf(spec).program.byRow);
  const partsOf = (tensor: TensorJob, isSample: boolean): readonly Part[] =>
    isSample ? sampleRanges(tensor, byRow[tensor.spec ?? -1] ?? false) : [{ begin: 0, count: tensor.elements }];
  return stages.reduce((total, { tensor: index, kind }) => {
    const tensor = tensors[index];
    if (tensor === undefined) return total;
    const parts = partsOf(tensor, kind === "sample");
    return total + tensor.inputs.reduce((sum, source) => parts.reduce((all, part) => all + bytesOf(source, part), sum), 0);
  }, 0);
}
