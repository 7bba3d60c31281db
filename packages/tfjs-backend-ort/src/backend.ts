import { MathBackendCPU, type tf } from "./tf.ts";

type BackendValues = ReturnType<MathBackendCPU["readSync"]>;

/** Arrays shorter than this cost less to allocate than to keep. */
const POOL_MIN_ELEMENTS = 4096;
const POOL_MAX_BYTES = 512 << 20;

/**
 * Storage of the `ort` backend: plain typed arrays, as in tfjs-cpu, so every tfjs-cpu kernel runs on it too.
 *
 * Arrays made by our kernels come from a pool and return to it when their tensor is disposed. An array that was handed out
 * (`dataSync`, `data`) is the caller's from then on and never returns.
 */
export class OrtBackend extends MathBackendCPU {
  readonly #pool = new Map<number, Float32Array[]>();
  readonly #owned = new WeakSet<object>();
  #pooledBytes = 0;

  constructor() {
    super();
    // tfjs-cpu greets its first user with the advice to install a faster backend.
    Reflect.set(this, "firstUse", false);
  }

  /** Bytes kept for kernels to come. */
  get pooledBytes(): number {
    return this.#pooledBytes;
  }

  /** An uninitialised array of `length` floats, for `makeOutputTensor`. */
  allocate(length: number): Float32Array {
    if (length < POOL_MIN_ELEMENTS) return new Float32Array(length);
    const recycled = this.#pool.get(length)?.pop();
    if (recycled === undefined) return new Float32Array(length);
    this.#pooledBytes -= recycled.byteLength;
    return recycled;
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
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    if (values !== undefined && values !== null) this.#owned.delete(values);
    return super.readSync(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && values instanceof Float32Array && this.#owned.delete(values)) this.#recycle(values);
    return isGone;
  }

  override dispose(): void {
    this.#pool.clear();
    this.#pooledBytes = 0;
    super.dispose();
  }

  #recycle(values: Float32Array): void {
    if (values.length < POOL_MIN_ELEMENTS || this.#pooledBytes + values.byteLength > POOL_MAX_BYTES) return;
    const bucket = this.#pool.get(values.length);
    if (bucket === undefined) this.#pool.set(values.length, [values]);
    else bucket.push(values);
    this.#pooledBytes += values.byteLength;
  }
}
