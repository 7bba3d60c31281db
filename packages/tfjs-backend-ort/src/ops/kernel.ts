import type { OrtBackend } from "../backend.ts";
import { type Attributes, BACKEND_NAME, operand, register, sizeOf } from "../kernels/register.ts";
import type { Operand, Session } from "../session.ts";
import { tf } from "../tf.ts";

/** A fused computation: named tensors in (each read with the shape the graph wants), tensors of the given shapes out, in order. */
export interface FusedKernel {
  readonly name: string;
  session(attrs: Attributes): Session;
  /** Shapes under which the graph sees its inputs, where they differ from the tensors' own. */
  views?(inputs: Readonly<Record<string, tf.TensorInfo>>, attrs: Attributes): Readonly<Record<string, readonly number[]>>;
  outputs(inputs: Readonly<Record<string, tf.TensorInfo>>, attrs: Attributes): Readonly<Record<string, readonly number[]>>;
  /** What the graph reads beside the tensors: tables, masks, positions. */
  tables?(inputs: Readonly<Record<string, tf.TensorInfo>>, attrs: Attributes): Readonly<Record<string, Operand>>;
  /** Shapes of the resulting tensors, where they differ from the graph's outputs. */
  results?(inputs: Readonly<Record<string, tf.TensorInfo>>, attrs: Attributes): Readonly<Record<string, readonly number[]>>;
}

export function registerFused(kernel: FusedKernel): void {
  register(kernel.name, ({ inputs, attrs, backend }) => runFused(kernel, backend, inputs, attrs));
}

function runFused(
  kernel: FusedKernel,
  backend: OrtBackend,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attrs: Attributes,
): tf.TensorInfo[] {
  const views = kernel.views?.(inputs, attrs) ?? {};
  const shapes = kernel.outputs(inputs, attrs);
  const results = kernel.results?.(inputs, attrs) ?? shapes;
  const feeds: Record<string, Operand> = { ...kernel.tables?.(inputs, attrs) };
  for (const name in inputs) {
    const tensor = inputs[name];
    if (tensor !== undefined) feeds[name] = operand(backend, tensor, views[name]);
  }
  const names = Object.keys(shapes);
  const fetches = Object.fromEntries(
    names.map((name) => {
      const shape = shapes[name] ?? [];
      return [name, { values: backend.allocate(sizeOf(shape)), shape }];
    }),
  );
  kernel.session(attrs).run(feeds, fetches);
  return names.map((name) => backend.makeOutputTensor(results[name] ?? [], fetches[name]?.values ?? new Float32Array(0)));
}

/** Whether the current backend has our kernels. */
export function isFusable(): boolean {
  return tf.getBackend() === BACKEND_NAME;
}

/** Runs a fused kernel outside the gradient tape (inside `tf.customGrad`). */
export function callFused(name: string, inputs: Readonly<Record<string, tf.Tensor>>, attrs: Attributes = {}): tf.Tensor[] {
  const result = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as unknown;
  return result as tf.Tensor[];
}

/** Whether a gradient may be asked for: what only a gradient needs is kept then, and not otherwise. */
export function isTaping(): boolean {
  return tf.engine().state.gradientDepth > 0;
}
