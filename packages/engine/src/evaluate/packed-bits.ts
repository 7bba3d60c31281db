/**
 * Correctness of several models on one range of examples, one row of 32-bit words a model: small enough to be kept for a
 * thousand models, and two of them are compared 32 examples at a time.
 */
export class PackedBits {
  readonly #words: Uint32Array;
  readonly #stride: number;

  constructor(rows: number, bytesPerRow: number) {
    this.#stride = Math.ceil(bytesPerRow / 4);
    this.#words = new Uint32Array(rows * this.#stride);
  }

  /** Bytes beyond the row are an error of the caller; missing ones count as wrong answers. */
  set(row: number, bytes: Uint8Array): void {
    if (bytes.length > this.#stride * 4) throw new RangeError(`${bytes.length} bytes do not fit into ${this.#stride * 4}.`);
    new Uint8Array(this.#words.buffer, row * this.#stride * 4, this.#stride * 4).set(bytes);
  }

  /** Examples on which exactly one of the two rows is right. */
  discordant(a: number, b: number): number {
    const words = this.#words;
    const stride = this.#stride;
    const second = b * stride;
    let count = 0;
    let first = a * stride;
    for (let index = 0; index < stride; index++) {
      // Bits counted in parallel: pairs, nibbles, bytes, then their sum in the top byte (Warren, Hacker's Delight, §5–1).
      let word = (words[first++] ?? 0) ^ (words[second + index] ?? 0);
      word -= (word >>> 1) & 0x55555555;
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
      count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
    }
    return count;
  }
}
