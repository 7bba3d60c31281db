import type { RunLineFragment } from "../../gql/graphql.ts";
import { bytes, duration, integer } from "../../lib/format.ts";

const ended = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

export function isEnded(state: string): boolean {
  return ended.has(state);
}

export const kindWords: Record<RunLineFragment["kind"], string> = {
  MERGE: "Merge",
  EVALUATION: "Evaluation",
  VERIFICATION: "Verification",
  STATISTIC: "Statistics",
};

type Line = Pick<
  RunLineFragment,
  "kind" | "state" | "stage" | "tensorsDone" | "tensorsTotal" | "bytesPerSecond" | "startedAt" | "finishedAt"
>;

/** The quiet line under a run's title: what it is doing, how far, how fast. */
export function runDetail(run: Line): string {
  if (run.state === "QUEUED") return "waiting for a worker";
  if (isEnded(run.state)) {
    const seconds = runSeconds(run);
    const word =
      { SUCCEEDED: "done", FAILED: "failed", CANCELLED: "cancelled" }[run.state as "SUCCEEDED"] ?? run.state.toLowerCase();
    return seconds === null ? word : `${word} in ${duration(seconds)}`;
  }
  const parts: string[] = [];
  if (run.tensorsDone !== null && run.tensorsTotal)
    parts.push(`${integer(run.tensorsDone)} of ${integer(run.tensorsTotal)} tensors`);
  else if (run.stage) parts.push(run.stage);
  if (run.bytesPerSecond) parts.push(`${bytes(run.bytesPerSecond)}/s`);
  return parts.join(", ") || kindWords[run.kind].toLowerCase();
}

export function runSeconds(run: Pick<Line, "startedAt" | "finishedAt">): number | null {
  if (!run.startedAt || !run.finishedAt) return null;
  return (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000;
}

/** "about 6 min left" on a run's page, "6 min left" in a list. */
export function timeLeft(seconds: number | null): string | null {
  if (seconds === null) return null;
  return `${seconds < 99.5 ? `${Math.max(1, Math.round(seconds))}\u00a0s` : duration(seconds)} left`;
}
