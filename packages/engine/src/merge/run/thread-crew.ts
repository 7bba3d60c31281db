import { layoutFor } from "../../expr/wasm/layout.ts";
import type { Job } from "./job.ts";
import { startThread, type Thread } from "./start-worker.ts";

/** Threads that are started before it is known how many are of use. */
const mostEarly = 4;
/** A thread whose last job took more memory ends, since what it held would stay until its garbage is collected. */
const mostIdleBytes = 32 << 20;
const pageBytes = 65_536;

/**
 * The threads of one merge. Some are started with it, so that they load their modules while headers are read and the merge is
 * planned; the jobs of a merge, such as its surveys, come one after the other and find them warm.
 */
export class ThreadCrew {
  readonly #idle: Thread[];

  constructor(threads: number) {
    this.#idle = Array.from({ length: Math.min(threads, mostEarly) }, startThread);
  }

  take(count: number): Thread[] {
    const taken = this.#idle.splice(0, count);
    while (taken.length < count) taken.push(startThread());
    return taken;
  }

  /** Takes threads back from a job that all of them have ended. */
  async giveBack(threads: readonly Thread[], { shape }: Job): Promise<void> {
    if (pageBytes * layoutFor(shape).pages > mostIdleBytes) await Promise.all(threads.map((thread) => thread.end()));
    else this.#idle.push(...threads.filter((thread) => !thread.isOver));
  }

  /** Ends threads that have no work. */
  async end(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.end()));
  }
}
