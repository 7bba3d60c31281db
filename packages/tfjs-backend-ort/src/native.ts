import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import { Tensor } from "onnxruntime-common";

// Internal to onnxruntime-node, hence the exact pin and native.test.ts: its public API is asynchronous, and tfjs kernels are not.
type Internals = typeof import("onnxruntime-node/dist/binding.js");
type Binding = Internals["binding"];

/**
 * The native binding, called synchronously.
 *
 * `run` writes a result into the array we hand it, and then makes a second, new array with a copy of it for its return value. For
 * element-wise work that copy (allocate, clear, move, collect) is most of the cost. So every graph has a constant as its first output,
 * and the class that the binding makes tensors with throws as soon as that first result is converted: the outputs proper are
 * complete by then, and nothing more is copied. A version that no longer converts its results would simply return.
 */
export type NativeSession = InstanceType<Binding["InferenceSession"]>;

/** Name of the constant that every graph gives as its first output. */
export const DONE_OUTPUT = "done";

/** What goes wrong in a run is thrown; ONNX Runtime need not print it as well. */
const LOG_FATAL_ONLY = 4;
const STOP = Object.freeze({ reason: "results are in place" });
let isStopping = false;
let loaded: Binding | null = null;

class ResultTensor {
  constructor(type: "float32", values: Float32Array, shape: readonly number[]) {
    if (isStopping) throw STOP;
    // biome-ignore lint/correctness/noConstructorReturn: the binding calls `new`, and its callers expect the library's own tensor.
    return new Tensor(type, values, shape);
  }
}

/**
 * Loads ONNX Runtime at its first call, not on import: on a platform without it the other backends stay usable. Throws when it
 * does not load.
 */
export function loadNative(): Binding {
  if (loaded !== null) return loaded;
  const { binding } = createRequire(import.meta.url)("onnxruntime-node/dist/binding.js") as Internals;
  binding.initOrtOnce(LOG_FATAL_ONLY, ResultTensor as unknown as Parameters<Binding["initOrtOnce"]>[1], isMainThread);
  loaded = binding;
  return binding;
}

export function openNativeSession(model: Uint8Array, threads: number): NativeSession {
  const { InferenceSession } = loadNative();
  const session = new InferenceSession();
  session.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: LOG_FATAL_ONLY,
    // Patterns are planned per shape and kept for ever: with the many shapes of training that is a leak.
    enableMemPattern: false,
    // Idle workers that spin take a core from the rest of the process.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return session;
}

/** Runs into the arrays of `fetches` and makes no result. */
export function runWithoutResult(session: NativeSession, feeds: Record<string, Tensor>, fetches: Record<string, Tensor>): void {
  isStopping = true;
  try {
    session.run(feeds, { [DONE_OUTPUT]: new Tensor("float32", new Float32Array(1), []), ...fetches }, {});
  } catch (error) {
    if (error !== STOP) throw error;
  } finally {
    isStopping = false;
  }
}
