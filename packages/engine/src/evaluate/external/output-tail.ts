/** The last bytes of a stream, in memory that does not grow with it. */
export class OutputTail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes that went by. */
  total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.total += chunk.length;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    // Joined only now and then, so that each byte is copied a constant number of times.
    if (this.#held > 2 * this.#limit) this.#trim();
  }

  text(): string {
    this.#trim();
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  #trim(): void {
    const kept = Buffer.concat(this.#chunks);
    this.#chunks = [Buffer.from(kept.subarray(Math.max(0, kept.length - this.#limit)))];
    this.#held = this.#chunks[0]?.length ?? 0;
  }
}
