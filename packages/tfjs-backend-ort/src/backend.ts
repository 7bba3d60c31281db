import { ArrayPool } from "./array-pool.ts";
import { MathBackendCPU, type tf } from "./tf.ts";

type BackendValues = ReturnType<MathBackendCPU["readSync"]>;

const POOL_BYTES = 256 << 20;

/**
 * Storage of the `ort` backend: plain typed arrays, as in tfjs-cpu, so every tfjs-cpu kernel runs on it too.
 *
 * Arrays made by our kernels come from a pool and return to it when their tensor is disposed; what `dataSync` and `data` hand out
 * is therefore a copy of them.
 */
export class OrtBackend extends MathBackendCPU {
  readonly #pool = new ArrayPool(POOL_BYTES);
  readonly #owned = new WeakSet<object>();

  constructor() {
    super();
    // tfjs-cpu greets its first user with the advice to install a faster backend.
    Reflect.set(this, "firstUse", false);
  }

  /** Bytes kept for kernels to come. */
  get pooledBytes(): number {
    return this.#pool.bytes;
  }

  /** An uninitialised array of `length` floats, for `makeOutputTensor`. */
  allocate(length: number): Float32Array {
    return this.#pool.allocate(length);
  }

  /** Wraps an array from `allocate` as the result of a kernel. */
  makeOutputTensor(shape: readonly number[], values: Float32Array): tf.TensorInfo {
    this.#owned.add(values);
    return this.makeTensorInfo([...shape], "float32", values);
  }

  /** The values behind a tensor, for reading inside a kernel. Some tfjs-cpu kernels leave Float64Arrays or plain arrays behind float32 tensors. */
  floats(tensor: tf.TensorInfo): Float32Array {
    const { values } = this.data.get(tensor.dataId);
    return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
  }

  override readSync(dataId: object): BackendValues {
    const values = super.readSync(dataId);
    return values instanceof Float32Array && this.#owned.has(values) ? values.slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && values instanceof Float32Array && this.#owned.delete(values)) this.#pool.release(values);
    return isGone;
  }

  override dispose(): void {
    this.#pool.clear();
    super.dispose();
  }
}
