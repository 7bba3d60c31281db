import type { Trial } from "../../generated/prisma/client.ts";
import { isScaleStudy, scaleBudget } from "./baseline-recipe.ts";
import { recipeOf, type StudyView, searchedSpace, trialsOf } from "./load-study.ts";

export interface Phases {
  /** Of the statistics that were measured for it; those that were there before cost it nothing */
  readonly measureSeconds: number;
  readonly suggestSeconds: number;
  readonly mergeSeconds: number;
  readonly evaluateSeconds: number;
  /** Between the beginning and the end of trials, beside merging and scoring: rows, staging, deleting */
  readonly otherSeconds: number;
}

/** Where the time of a study went. */
export function phasesOf(study: StudyView | null): Phases {
  const { trials = [], needs = [] } = study ?? {};
  const sum = (of: (trial: Trial) => number) => trials.reduce((total, trial) => total + of(trial), 0);
  const since = (study?.createdAt.getTime() ?? 0) - askedBeforeMs;
  const own = needs.filter(({ statistic }) => statistic.createdAt.getTime() >= since);
  const measureSeconds = own.reduce((total, { statistic }) => total + (statistic.seconds ?? 0), 0);
  const suggestSeconds = sum((trial) => trial.suggestSeconds ?? 0);
  const mergeSeconds = sum((trial) => trial.mergeSeconds ?? 0);
  const evaluateSeconds = sum((trial) => trial.evaluateSeconds ?? 0);
  const spent = sum((trial) => secondsOf(trial) ?? 0);
  return {
    measureSeconds,
    suggestSeconds,
    mergeSeconds,
    evaluateSeconds,
    otherSeconds: Math.max(0, spent - mergeSeconds - evaluateSeconds),
  };
}

/** Statistics are asked for a moment before the study's own row is written. */
const askedBeforeMs = 5000;

/** From its claim to its end; null while it waits or runs. */
export function secondsOf({ startedAt, finishedAt }: Pick<Trial, "startedAt" | "finishedAt">): number | null {
  return startedAt && finishedAt ? (finishedAt.getTime() - startedAt.getTime()) / 1000 : null;
}

/**
 * What is left at the pace of the trials so far, if the whole budget is used; null before the first has ended and after the study has. The first is
 * slower than the rest, since the networks are loaded, so the median counts.
 */
export function secondsLeft(study: StudyView): number | null {
  if (study.state !== "RUNNING" || study.stopRequestedAt !== null) return null;
  const paces = study.trials.flatMap((trial) => secondsOf(trial) ?? []).sort((a, b) => a - b);
  const pace = paces[Math.floor(paces.length / 2)];
  if (pace === undefined) return null;
  const hasScale = recipeOf(study).base !== null && !isScaleStudy(recipeOf(study), searchedSpace(study));
  const over = (trial: Trial) => trial.state === "COMPLETE" || trial.state === "FAILED";
  const search = Math.max(0, study.budget - trialsOf(study.trials, "SEARCH").filter(over).length);
  const scale = hasScale ? Math.max(0, scaleBudget + 1 - trialsOf(study.trials, "SCALE").filter(over).length) : 0;
  return (pace * (search + scale)) / study.parallel;
}
