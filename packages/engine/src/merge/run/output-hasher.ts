import { createHash, type Hash } from "node:crypto";
import { readSync } from "node:fs";
import type { Job } from "./job.ts";
import { sizeOf } from "./read-source.ts";
import { isStopped, type SharedState, slot } from "./shared-state.ts";

const chunkBytes = 1 << 20;

/** A tile in the order of the output files, and where in its file it ends. */
interface HashStep {
  readonly tile: number;
  readonly file: number;
  readonly end: number;
}

/**
 * sha256 of the output files, computed behind the writers while the bytes are still in the page cache: one of the workers takes
 * the next tile in file order as soon as it is written, and merges tiles of its own while there is none.
 */
export class OutputHasher {
  readonly #job: Job;
  readonly #state: SharedState;
  readonly #steps: Iterator<HashStep>;
  readonly #hashes: readonly Hash[];
  /** Bytes hashed of each file */
  readonly #done: number[];
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  #next: HashStep | null;

  constructor(job: Job, state: SharedState) {
    this.#job = job;
    this.#state = state;
    this.#steps = stepsOf(job);
    this.#hashes = job.outputs.map(() => createHash("sha256"));
    this.#done = job.outputs.map(() => 0);
    this.#next = this.#advance();
  }

  /** Hashes the next tile if it is written. @returns false when there is nothing to do yet */
  step(): boolean {
    if (this.#next === null || Atomics.load(this.#state.written, this.#next.tile) === 0) return false;
    if (this.#hashTo(this.#next.file, this.#next.end)) this.#next = this.#advance();
    return true;
  }

  /** Hashes all that is left, waiting for other workers. @returns hex digests of the files, or null when the run was stopped */
  finish(): string[] | null {
    const { control } = this.#state;
    while (this.#next !== null) {
      const seen = Atomics.load(control, slot.written);
      if (this.step()) continue;
      if (isStopped(this.#state)) return null;
      Atomics.wait(control, slot.written, seen, 200);
    }
    for (const [file, { sizeBytes }] of this.#job.outputs.entries())
      while (!this.#hashTo(file, sizeBytes)) if (isStopped(this.#state)) return null;
    return this.#hashes.map((hash) => hash.digest("hex"));
  }

  #advance(): HashStep | null {
    const { value, done } = this.#steps.next();
    return done === true ? null : value;
  }

  /**
   * Feeds a file to its hash up to an offset; the header, and tensors that an earlier run has finished, come along with the first
   * tile behind them. One piece at a time, so that a thread can be stopped. @returns whether it is there
   */
  #hashTo(file: number, end: number): boolean {
    const fd = this.#job.outputs[file]?.fd ?? -1;
    const at = this.#done[file] ?? 0;
    if (at >= end) return true;
    const read = readSync(fd, this.#buffer, 0, Math.min(chunkBytes, end - at), at);
    if (read === 0) throw new Error(`${this.#job.outputs[file]?.path} became shorter while it was hashed`);
    this.#hashes[file]?.update(this.#buffer.subarray(0, read));
    this.#done[file] = at + read;
    return at + read >= end;
  }
}

/** Tensors are listed in the order of the files. Their writing stages are not: one with fewer passes is written earlier. */
function* stepsOf({ stages, tensors }: Job): Generator<HashStep> {
  const writing = stages.filter(({ kind }) => kind === "merge" || kind === "copy").sort((a, b) => a.tensor - b.tensor);
  for (const { tensor, firstTile, tileCount, tileElements } of writing) {
    const { output = null, elements = 0 } = tensors[tensor] ?? {};
    if (output === null) continue;
    for (let i = 0; i < tileCount; i += 1) {
      const end = output.position + sizeOf(output.type, Math.min(elements, (i + 1) * tileElements));
      yield { tile: firstTile + i, file: output.file, end };
    }
  }
}
