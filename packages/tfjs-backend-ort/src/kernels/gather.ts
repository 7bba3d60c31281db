import type { tf } from "../tf.ts";
import { input, isFloat, type KernelCall, override, sizeOf } from "./register.ts";
import { scatterRows } from "./scatter-rows.ts";

export function registerGather(): void {
  override("GatherV2", gather);
  override("UnsortedSegmentSum", segmentSum);
}

/** Rows of the first axis, copied whole. Indices are checked as tfjs-cpu does. */
function gather(call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  const indices = input(call, "indices");
  const { axis, batchDims } = call.attrs;
  const rows = x.shape[0] ?? 0;
  const width = sizeOf(x.shape.slice(1));
  const ids = call.backend.data.get(indices.dataId).values as Int32Array;
  if (!isFloat(x) || axis !== 0 || batchDims !== 0 || x.shape.length === 0 || indices.dtype !== "int32") return null;
  if (ids.some((id) => id < 0 || id >= rows)) return null;
  const values = call.backend.floats(x);
  const out = call.backend.allocate(ids.length * width);
  ids.forEach((id, row) => {
    out.set(values.subarray(id * width, (id + 1) * width), row * width);
  });
  return call.backend.makeOutputTensor([...indices.shape, ...x.shape.slice(1)], out);
}

/** Sums of the rows with the same id; a negative id counts nowhere. */
function segmentSum(call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  const segmentIds = input(call, "segmentIds");
  const segments = Number(call.attrs["numSegments"]);
  if (!isFloat(x) || segmentIds.shape.length !== 1) return null;
  const ids = call.backend.data.get(segmentIds.dataId).values as Int32Array;
  if (ids.some((id) => id < 0 || id >= segments)) return null;
  const shape = [segments, ...x.shape.slice(1)];
  const out = call.backend.allocate(sizeOf(shape)).fill(0);
  return call.backend.makeOutputTensor(shape, scatterRows(call.backend.floats(x), ids, out));
}
