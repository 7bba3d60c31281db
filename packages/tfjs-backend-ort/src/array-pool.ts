/** Arrays shorter than this cost less to allocate than to keep. */
const MIN_ELEMENTS = 4096;

/**
 * Memory of float arrays that are gone, for those to come. Sizes are rounded up to one of eight classes between two powers of two,
 * so that batches of slightly different lengths share memory. Above `maxBytes` the class used longest ago is given up first.
 */
export class ArrayPool {
  readonly #maxBytes: number;
  /** Free memory by class, the class used last at the end. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An array with whatever was in it before. */
  allocate(length: number): Float32Array {
    if (length < MIN_ELEMENTS) return new Float32Array(length);
    const capacity = roundUp(length);
    const buffer = this.#touch(capacity).pop();
    if (buffer === undefined) return new Float32Array(new ArrayBuffer(capacity * 4), 0, length);
    this.#bytes -= buffer.byteLength;
    return new Float32Array(buffer, 0, length);
  }

  /** Takes back an array from `allocate` that nobody reads any more. */
  release({ length, buffer }: Float32Array): void {
    if (length < MIN_ELEMENTS || !(buffer instanceof ArrayBuffer)) return;
    this.#touch(buffer.byteLength / 4).push(buffer);
    this.#bytes += buffer.byteLength;
    for (const [capacity, buffers] of this.#free) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#free.delete(capacity);
      this.#bytes -= capacity * 4 * buffers.length;
    }
  }

  clear(): void {
    this.#free.clear();
    this.#bytes = 0;
  }

  #touch(capacity: number): ArrayBuffer[] {
    const buffers = this.#free.get(capacity) ?? [];
    this.#free.delete(capacity);
    this.#free.set(capacity, buffers);
    return buffers;
  }
}

function roundUp(length: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(length)) - 3);
  return Math.ceil(length / step) * step;
}
