import type { Job } from "./job.ts";
import type { MergeProgress } from "./merge-options.ts";
import { type SharedState, slot } from "./shared-state.ts";

const progressMs = 100;

interface Totals {
  readonly tensors: number;
  readonly bytes: number;
}

/** Adds up the progress of all jobs of a merge, surveys included: what it reports never goes back, and ends at the totals. */
export class ProgressMeter {
  readonly #total: Totals;
  readonly #onProgress: (progress: MergeProgress) => void;
  readonly #started = performance.now();
  #bytesRead = 0;
  #bytesSkipped = 0;

  constructor(total: Totals, onProgress: (progress: MergeProgress) => void) {
    this.#total = total;
    this.#onProgress = onProgress;
  }

  /** Bytes that need not be read, as an earlier run has done their work. */
  skip(bytes: number): void {
    this.#bytesSkipped += bytes;
  }

  /** Reports on a job until the returned function is called. */
  follow(job: Job, state: SharedState): () => void {
    const isMerge = job.outputs.length > 0;
    const report = () => {
      const read = this.#bytesRead + Number(Atomics.load(state.bytesRead, 0));
      const seconds = (performance.now() - this.#started) / 1000;
      this.#onProgress({
        tensorsDone: isMerge ? Atomics.load(state.control, slot.tensors) : 0,
        tensorsTotal: this.#total.tensors,
        bytesRead: read + this.#bytesSkipped,
        bytesTotal: this.#total.bytes,
        bytesPerSecond: seconds > 0 ? read / seconds : 0,
      });
    };
    const timer = setInterval(report, progressMs);
    return () => {
      clearInterval(timer);
      report();
      this.#bytesRead += Number(Atomics.load(state.bytesRead, 0));
    };
  }
}
