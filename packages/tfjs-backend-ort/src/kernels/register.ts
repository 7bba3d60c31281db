import type { OrtBackend } from "../backend.ts";
import type { Session } from "../session.ts";
import { tf } from "../tf.ts";

export const BACKEND_NAME = "ort";

export type Inputs = Readonly<Record<string, tf.TensorInfo>>;
export type Attributes = Readonly<Record<string, unknown>>;
export interface KernelCall {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  readonly backend: OrtBackend;
}
export type Kernel = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[];

/** Below `smallElements` a call into ONNX Runtime (about 10 µs) costs more than a JavaScript loop. Tests set it to 0. */
export const limits = { smallElements: 2048 };

/** Registers `kernel` for our backend, in the place of the one copied from tfjs-cpu if there is one. */
export function register(name: string, kernel: Kernel): void {
  if (tf.getKernel(name, BACKEND_NAME)) tf.unregisterKernel(name, BACKEND_NAME);
  tf.registerKernel({ kernelName: name, backendName: BACKEND_NAME, kernelFunc: kernel as unknown as tf.KernelFunc });
}

/**
 * Replaces a tfjs-cpu kernel: `kernel` may return null for a call it does not serve (other dtypes, tiny tensors),
 * which then goes to tfjs-cpu.
 */
export function override(name: string, kernel: (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[] | null): void {
  const fallback = tf.getKernel(name, "cpu")?.kernelFunc as unknown as Kernel | undefined;
  if (fallback === undefined) throw new Error(`tfjs-cpu has no kernel "${name}"`);
  register(name, (call) => kernel(call) ?? fallback(call));
}

export function input(call: KernelCall, name: string): tf.TensorInfo {
  const tensor = call.inputs[name];
  if (tensor === undefined) throw new Error(`kernel input "${name}" is missing`);
  return tensor;
}

export function isFloat(...tensors: readonly tf.TensorInfo[]): boolean {
  return tensors.every((tensor) => tensor.dtype === "float32");
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

export const operand = (backend: OrtBackend, tensor: tf.TensorInfo, shape: readonly number[] = tensor.shape) => ({
  values: backend.floats(tensor),
  shape,
});

/** Runs a session that has the inputs `a`, `b`, … and the one output `out`. */
export function runSession(
  backend: OrtBackend,
  session: Session,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  shape: readonly number[],
): tf.TensorInfo {
  const out = backend.allocate(sizeOf(shape));
  const feeds: Record<string, { values: Float32Array; shape: readonly number[] }> = {};
  for (const name in inputs) {
    const tensor = inputs[name];
    if (tensor !== undefined) feeds[name] = operand(backend, tensor);
  }
  session.run(feeds, { out: { values: out, shape } });
  return backend.makeOutputTensor(shape, out);
}
