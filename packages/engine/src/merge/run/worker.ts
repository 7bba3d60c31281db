import { parentPort, workerData } from "node:worker_threads";
import { hashFiles, hashOutputs } from "./hash-files.ts";
import type { Job } from "./job.ts";
import type { SharedState } from "./shared-state.ts";
import { workTiles } from "./tile-worker.ts";

/** What a thread of a run is for. */
export type Assignment =
  | { readonly role: "tiles"; readonly job: Job; readonly state: SharedState }
  | { readonly role: "hash-outputs"; readonly job: Job; readonly state: SharedState }
  | { readonly role: "hash-files"; readonly paths: readonly string[] };

function perform(assignment: Assignment): unknown {
  switch (assignment.role) {
    case "tiles":
      return workTiles(assignment.job, assignment.state);
    case "hash-outputs":
      return hashOutputs(assignment.job, assignment.state);
    case "hash-files":
      return hashFiles(assignment.paths);
  }
}

parentPort?.postMessage(perform(workerData as Assignment));
