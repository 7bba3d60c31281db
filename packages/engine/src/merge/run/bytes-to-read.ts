import { sampleRanges } from "../../expr/sample.ts";
import { outlineOf } from "../../expr/wasm/kernel.ts";
import type { Job, Source, TensorJob } from "./job.ts";
import { sizeOf } from "./read-source.ts";

/** Bytes that a pass over so many elements of a source reads. Factors of adapters, small and read by each worker, do not count. */
function bytesOf(source: Source, elements: number): number {
  if (source.kind === "stored") return sizeOf(source.dtype, elements);
  if (source.kind === "adapted") return sizeOf(source.weight.dtype, elements);
  return sizeOf(source.matrix.dtype, elements);
}

/** Bytes that all stages of a job read. */
export function bytesToRead({ stages, tensors, specs }: Pick<Job, "stages" | "tensors" | "specs">): number {
  const byRow = specs.map((spec) => outlineOf(spec).program.byRow);
  const elementsOf = (tensor: TensorJob, isSample: boolean): number => {
    if (!isSample) return tensor.elements;
    return sampleRanges(tensor, byRow[tensor.spec ?? -1] ?? false).reduce((sum, { count }) => sum + count, 0);
  };
  return stages.reduce((total, { tensor: index, kind }) => {
    const tensor = tensors[index];
    if (tensor === undefined) return total;
    const elements = elementsOf(tensor, kind === "sample");
    return total + tensor.inputs.reduce((sum, source) => sum + bytesOf(source, elements), 0);
  }, 0);
}
