import { input, type KernelCall, register } from "../kernels/register.ts";
import { scatterRows } from "../kernels/scatter-rows.ts";
import { tf } from "../tf.ts";
import { isFusable } from "./kernel.ts";

/** Rows are copied and added one after the other, so a gradient is the same in every run. */
export function registerEmbeddingKernels(): void {
  register("OrtGatherRows", gatherRowsKernel);
  register("OrtScatterRows", scatterRowsKernel);
}

function gatherRowsKernel(call: KernelCall): tf.TensorInfo {
  const table = input(call, "table");
  const ids = call.attrs["ids"] as Int32Array;
  const width = table.shape[1] ?? 0;
  const values = call.backend.floats(table);
  const out = call.backend.allocate(ids.length * width);
  ids.forEach((id, row) => {
    out.set(values.subarray(id * width, (id + 1) * width), row * width);
  });
  return call.backend.makeOutputTensor([ids.length, width], out);
}

function scatterRowsKernel(call: KernelCall): tf.TensorInfo {
  const dy = input(call, "dy");
  const ids = call.attrs["ids"] as Int32Array;
  const rows = Number(call.attrs["rows"]);
  const width = dy.shape[1] ?? 0;
  const out = scatterRows(call.backend.floats(dy), ids, call.backend.allocate(rows * width).fill(0));
  return call.backend.makeOutputTensor([rows, width], out);
}

/** Rows `ids` of a table [rows, d] as [ids.length, d]; the gradient adds up per row. Ids outside the table are an error. */
export function gatherRows(table: tf.Tensor2D, ids: Int32Array): tf.Tensor2D {
  const rows = table.shape[0];
  const stray = ids.find((id) => id < 0 || id >= rows);
  if (stray !== undefined) throw new RangeError(`row ${stray} is outside a table of ${rows} rows`);
  if (!isFusable()) return composedGatherRows(table, ids);
  const op = tf.customGrad((...args) => {
    const [a] = args as unknown as [tf.Tensor];
    return {
      value: run("OrtGatherRows", { table: a }, { ids }),
      gradFunc: (dy: tf.Tensor) => run("OrtScatterRows", { dy }, { ids, rows }),
    };
  });
  return op(table) as tf.Tensor2D;
}

function composedGatherRows(table: tf.Tensor2D, ids: Int32Array): tf.Tensor2D {
  const [rows, width] = table.shape;
  const indices = tf.tensor1d(ids, "int32");
  if (tf.getKernel("UnsortedSegmentSum", tf.getBackend())) return tf.gather(table, indices);
  // tfjs-wasm has no segment sum: the gradient goes through JavaScript.
  const op = tf.customGrad((...args) => ({
    value: tf.gather(args[0] as unknown as tf.Tensor2D, indices),
    gradFunc: (dy: tf.Tensor) =>
      tf.tensor(scatterRows(dy.dataSync() as Float32Array, ids, new Float32Array(rows * width)), [rows, width]),
  }));
  return op(table) as tf.Tensor2D;
}

function run(name: string, inputs: Record<string, tf.Tensor>, attrs: Record<string, unknown>): tf.Tensor {
  return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
}
