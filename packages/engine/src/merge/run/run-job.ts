import type { Job } from "./job.ts";
import type { ProgressMeter } from "./progress-meter.ts";
import { createSharedState, type SharedState, stop } from "./shared-state.ts";
import { ThreadCrew } from "./thread-crew.ts";
import type { Counting, TileFault } from "./tile-worker.ts";
import type { TilesResult } from "./worker.ts";

export interface RunOptions {
  readonly threads: number;
  /** Threads that work for one job after the other; default: some for this job alone */
  readonly crew?: ThreadCrew | undefined;
  /** Whether a worker hashes the outputs beside its tiles */
  readonly hashesOutputs: boolean;
  readonly counting?: Counting | undefined;
  readonly meter?: ProgressMeter | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type RunResult =
  | {
      readonly kind: "done";
      /** Of the outputs; empty when they were not hashed */
      readonly sha256: readonly string[];
      readonly bytesRead: number;
      readonly state: SharedState;
      /** Of each selection of a count, added up over the workers */
      readonly histograms: readonly Float64Array[];
      /** Index of each tensor that was prepared, and what was found about it */
      readonly prepared: TilesResult["prepared"];
    }
  | { readonly kind: "fault"; readonly fault: TileFault };

/**
 * Runs a job on worker threads and hashes what they write. Leaves no thread at work, however it ends.
 * @throws the signal's reason when it is aborted; an Error when a thread dies
 */
export async function runJob(
  job: Job,
  { threads, crew, hashesOutputs, counting, meter, signal }: RunOptions,
  state: SharedState = createSharedState(job),
): Promise<RunResult> {
  signal?.throwIfAborted();
  const count = Math.max(1, Math.min(threads, job.tileCount));
  const crewOfJob = crew ?? new ThreadCrew(count);
  const workers = crewOfJob.take(count);
  const abort = () => stop(state);
  signal?.addEventListener("abort", abort);
  const unfollow = meter?.follow(job, state);
  try {
    const assignments = workers.map((worker, i) => {
      const isHashing = hashesOutputs && i === 0;
      return worker.perform<TilesResult>({ role: "tiles", job, state, hashesOutputs: isHashing, counting: counting ?? null });
    });
    const ended = await Promise.allSettled(assignments.map((result) => stopOnFailure(state, result)));
    signal?.throwIfAborted();
    const results = ended.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    // Tiles before a faulty one were claimed earlier and finished, so the first fault is the same whatever the threads.
    const [fault] = results.flatMap((result) => result.fault ?? []).sort((a, b) => a.tile - b.tile);
    if (fault !== undefined) return { kind: "fault", fault };
    for (const end of ended) if (end.status === "rejected") throw end.reason;
    const sha256 = results[0]?.sha256 ?? [];
    if (hashesOutputs && sha256.length < job.outputs.length) throw new Error("The output was not hashed.");
    const histograms = sumUp(results.map((result) => result.histograms));
    const prepared = results.flatMap((result) => result.prepared);
    return { kind: "done", sha256, bytesRead: Number(state.bytesRead[0]), state, histograms, prepared };
  } finally {
    unfollow?.();
    signal?.removeEventListener("abort", abort);
    await crewOfJob.giveBack(workers, job);
    if (crew === undefined) await crewOfJob.end();
  }
}

const sumUp = ([first = [], ...others]: readonly (readonly Float64Array[])[]): Float64Array[] =>
  first.map((counts, s) => counts.map((count, bin) => others.reduce((sum, other) => sum + (other[s]?.[bin] ?? 0), count)));

async function stopOnFailure<T>(state: SharedState, result: Promise<T>): Promise<T> {
  return result.catch((error: unknown) => {
    stop(state);
    throw error;
  });
}
