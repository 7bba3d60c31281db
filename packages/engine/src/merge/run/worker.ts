import { parentPort } from "node:worker_threads";
import { hashFiles } from "./hash-files.ts";
import type { Job } from "./job.ts";
import { OutputHasher } from "./output-hasher.ts";
import type { SharedState } from "./shared-state.ts";
import { type Counting, type TileFault, TileWorker } from "./tile-worker.ts";

/** What a thread of a run is for. */
export type Assignment =
  | {
      readonly role: "tiles";
      readonly job: Job;
      readonly state: SharedState;
      readonly hashesOutputs: boolean;
      readonly counting: Counting | null;
    }
  | { readonly role: "hash-files"; readonly paths: readonly string[] };

/** What a worker on tiles leaves behind. */
export interface TilesResult {
  readonly fault: TileFault | null;
  /** Digests of the outputs, from the worker that hashes them; null when the run was stopped */
  readonly sha256: readonly string[] | null;
  /** Of each selection of a count */
  readonly histograms: readonly Float64Array[];
  /** Index of each tensor that was prepared, and what was found about it */
  readonly prepared: readonly (readonly [tensor: number, numbers: Readonly<Record<string, number>>])[];
}

function perform(assignment: Assignment): TilesResult | string[] {
  if (assignment.role === "hash-files") return hashFiles(assignment.paths);
  const { job, state, hashesOutputs, counting } = assignment;
  const hasher = hashesOutputs ? new OutputHasher(job, state) : null;
  const worker = new TileWorker(job, state, counting);
  const fault = worker.run(() => hasher?.step() ?? false);
  return {
    fault,
    sha256: hasher === null || fault !== null ? null : hasher.finish(),
    histograms: worker.histograms,
    prepared: worker.prepared,
  };
}

parentPort?.on("message", (assignment: Assignment) => parentPort?.postMessage(perform(assignment)));
