import type { StudyDetailFragment, StudyLineFragment, StudyState } from "../../gql/graphql.ts";
import { duration, plural } from "../../lib/format.ts";

export const isOver = (state: StudyState): boolean => state !== "QUEUED" && state !== "RUNNING";

export const studyPath = (study: { id: string }): string => `/studies/${encodeURIComponent(study.id)}`;

/** As the pill names it: a study is stopped, not cancelled, since what it found is kept. */
export function pillState({ state, isStopping }: { state: StudyState; isStopping: boolean }): string {
  return isStopping ? "STOPPING" : state === "CANCELLED" ? "STOPPED" : state;
}

const reasons: Record<string, string> = {
  budget: "the budget was used",
  noImprovement: "nothing had improved for a while",
  nothingExpected: "no more improvement was expected",
  stopped: "it was stopped",
};

type Line = Pick<StudyLineFragment, "state" | "isStopping" | "trialCount" | "budget" | "endReason" | "secondsLeft">;

/** "12 of 60 trials, about 6 min left" · "Ended after 31 of 60 trials: nothing had improved for a while" */
export function progressWords({ state, isStopping, trialCount, budget, endReason, secondsLeft }: Line): string {
  const count = `${trialCount} of ${plural(budget, "trial")}`;
  if (state === "QUEUED") return `${count}, waiting for a worker`;
  if (isStopping) return `${count}, stopping: the best is merged and scored`;
  if (state === "RUNNING") {
    if (secondsLeft === null || secondsLeft === undefined) return count;
    return secondsLeft > 0
      ? `${count}, about ${duration(Math.max(1, Math.round(secondsLeft))).replace(/\.00/, "")} left`
      : `${count}, the best is merged and scored`;
  }
  return `Ended after ${count}${endReason ? `: ${reasons[endReason] ?? endReason}` : ""}`;
}

export const aggregateWords: Record<StudyDetailFragment["aggregate"], string> = {
  MEAN: "mean score",
  NORMALISED_MEAN: "mean score relative to the experts",
  WORST: "score of the worst task",
};

/** How far the measuring is that comes before the first trial. */
export function measuredOf({ needs }: { needs: readonly { statistic: { state: string } }[] }): { done: number; total: number } {
  return { done: needs.filter(({ statistic }) => statistic.state === "SUCCEEDED").length, total: needs.length };
}

/** The parts of the time of a study, largest first; those that round to nothing are left out. */
export function timeParts(phases: StudyDetailFragment["phases"]): { label: string; seconds: number; share: number }[] {
  const parts = [
    ...(phases.measureSeconds > 0 ? [{ label: "measuring", seconds: phases.measureSeconds }] : []),
    { label: "evaluating", seconds: phases.evaluateSeconds },
    { label: "merging", seconds: phases.mergeSeconds },
    { label: "suggesting", seconds: phases.suggestSeconds },
    { label: "the rest", seconds: phases.otherSeconds },
  ];
  const total = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  return total === 0 ? [] : parts.map((part) => ({ ...part, share: part.seconds / total })).sort((a, b) => b.share - a.share);
}

/** weight[0] of spam: a parent's number wears its name. */
export function coordinateLabel(name: string, parents: readonly { role: string; ref: string }[]): string {
  if (name.includes("[*]")) return name.replace("[*]", " of all");
  const found = /^(\w+)\[(\d+)\](.*)$/.exec(name);
  if (!found) return name;
  const own = parents.filter(({ role }) => role === "PARENT")[Number(found[2])];
  const short = own?.ref.replace(/^[^/]*\//, "").replace(/@\d+$/, "");
  return short ? `${found[1]} of ${short}${found[3] ?? ""}` : name;
}

/** Which parent a coordinate belongs to; null when it is of the whole merge. */
export function parentOf(name: string): number | null {
  const found = /\[(\d+)\]/.exec(name);
  return found ? Number(found[1]) : null;
}
