import { sessionFor, singleNode } from "../session.ts";
import { tf } from "../tf.ts";
import { copyBlock } from "./copy-block.ts";
import { input, isFloat, type KernelCall, limits, override, runSession, sizeOf } from "./register.ts";

export function registerShape(): void {
  override("Transpose", transpose);
  override("Slice", slice);
  override("SplitV", splitV);
  override("Concat", concat);
  override("Tile", tile);
}

function transpose(call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  const perm = call.attrs["perm"] as readonly number[];
  if (!isFloat(x) || sizeOf(x.shape) === 0 || sizeOf(x.shape) < limits.smallElements) return null;
  const session = sessionFor(`Transpose ${perm}`, () => singleNode("Transpose", ["a"], { perm: [...perm] }));
  const shape = perm.map((axis) => x.shape[axis] ?? 1);
  return runSession(call.backend, session, { a: x }, shape);
}

function slice({ inputs, attrs, backend }: KernelCall): tf.TensorInfo | null {
  const x = inputs["x"];
  if (x === undefined || !isFloat(x)) return null;
  const parsed = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs["begin"] as number[], attrs["size"] as number[]);
  const [begin, size] = parsed as [number[], number[]];
  tf.slice_util.assertParamsValid(x, begin, size);
  return backend.makeOutputTensor(size, copyBlock(backend.floats(x), x.shape, { begin, size }, backend.allocate(sizeOf(size))));
}

function splitV({ inputs, attrs, backend }: KernelCall): tf.TensorInfo[] | null {
  const x = inputs["x"];
  if (x === undefined || !isFloat(x)) return null;
  const axis = tf.util.parseAxisParam(attrs["axis"] as number, x.shape)[0] ?? 0;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs["numOrSizeSplits"] as number | number[], axis);
  const values = backend.floats(x);
  const begin = x.shape.map(() => 0);
  return sizes.map((length) => {
    const size = x.shape.with(axis, length);
    const part = copyBlock(values, x.shape, { begin, size }, backend.allocate(sizeOf(size)));
    begin[axis] = (begin[axis] ?? 0) + length;
    return backend.makeOutputTensor(size, part);
  });
}

function concat({ inputs, attrs, backend }: KernelCall): tf.TensorInfo | null {
  // tfjs hands the list of tensors over as an object with the keys 0, 1, ….
  const parts = Object.values(inputs).filter((tensor) => sizeOf(tensor.shape) > 0);
  const [first] = parts;
  if (first === undefined || !isFloat(...parts)) return null;
  const axis = tf.util.parseAxisParam(attrs["axis"] as number, first.shape)[0] ?? 0;
  const lengths = parts.map((tensor) => tensor.shape[axis] ?? 0);
  const shape = first.shape.with(
    axis,
    lengths.reduce((sum, length) => sum + length, 0),
  );
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const rowLength = (shape[axis] ?? 0) * inner;
  const out = backend.allocate(sizeOf(shape));
  let column = 0;
  parts.forEach((tensor, index) => {
    const values = backend.floats(tensor);
    const run = (lengths[index] ?? 0) * inner;
    for (let row = 0; row < outer; row++) out.set(values.subarray(row * run, (row + 1) * run), row * rowLength + column);
    column += run;
  });
  return backend.makeOutputTensor(shape, out);
}

function tile(call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  const reps = call.attrs["reps"] as readonly number[];
  const shape = x.shape.map((length, axis) => length * (reps[axis] ?? 1));
  if (!isFloat(x) || sizeOf(shape) === 0 || sizeOf(shape) < limits.smallElements) return null;
  const session = sessionFor(`Tile ${reps}`, () => ({
    nodes: [{ op: "Tile", inputs: ["a", "reps"], outputs: ["out"] }],
    inputs: ["a"],
    outputs: ["out"],
    constants: [{ name: "reps", value: [...reps] }],
  }));
  return runSession(call.backend, session, { a: x }, shape);
}
