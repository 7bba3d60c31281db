import type { Fault } from "@amalgam/engine/merge";
import { type Params, type StopReason, stopReason } from "@amalgam/engine/tune";
import type { Trial, TrialRole } from "../../generated/prisma/client.ts";
import { fault } from "../refuse.ts";
import { averageRecipe, isScaleStudy, scaleBudget, scaledRecipe } from "./baseline-recipe.ts";
import { paramsIn, recipeOf, type StudyView, searchedSpace, trialsOf, tunedTrial } from "./load-study.ts";

/** What a study does next; a function of its rows, so that whoever asks, and however often, gets the same answer. */
export type Step =
  /** Trials of this batch still wait or run. */
  | { readonly kind: "wait"; readonly open: readonly Trial[] }
  | { readonly kind: "suggest"; readonly role: "SEARCH" | "SCALE"; readonly count: number }
  | { readonly kind: "fixed"; readonly role: "AVERAGE" | "TASK_ARITHMETIC"; readonly params: Params }
  | { readonly kind: "finish"; readonly reason: string }
  | { readonly kind: "fail"; readonly reason: Fault };

/** Trials that may all fail before a study gives up. */
const mostFailures = 5;

export function nextStep(study: StudyView, hasDeltas: boolean): Step {
  const search = trialsOf(study.trials, "SEARCH");
  const isDone = search.some(({ state }) => state === "COMPLETE");
  // A search that had ended by itself was not stopped, even if its best is still on its way.
  if (study.stopRequestedAt !== null) return { kind: "finish", reason: study.endReason ?? "stopped" };
  const open = study.trials.filter(({ state }) => state === "QUEUED" || state === "RUNNING" || state === "CANCELLED");
  if (open.length > 0) return { kind: "wait", open };
  if (study.kind === "BASELINES")
    return averageStep(study, hasDeltas) ?? scaleStep(study) ?? { kind: "finish", reason: "baselines" };
  if (!isDone && search.length >= Math.min(mostFailures, study.budget)) return { kind: "fail", reason: allFailed(search) };
  const average = averageStep(study, hasDeltas);
  if (average !== null) return average;
  const reason = searchEnd(study, search);
  if (reason === null) return { kind: "suggest", role: "SEARCH", count: Math.min(study.parallel, study.budget - search.length) };
  return scaleStep(study) ?? { kind: "finish", reason };
}

function averageStep(study: StudyView, hasDeltas: boolean): Step | null {
  if (trialsOf(study.trials, "AVERAGE").length > 0 || averageRecipe(recipeOf(study), hasDeltas) === null) return null;
  return { kind: "fixed", role: "AVERAGE", params: {} };
}

function searchEnd(study: StudyView, search: readonly Trial[]): StopReason {
  const improvements = search.flatMap(({ logImprovement }, index) => {
    if (logImprovement === null) return [];
    const scale = deviation(search.slice(0, index).flatMap(({ value }) => (value === null ? [] : [value])));
    return [logImprovement - Math.log(scale)];
  });
  const patience = study.patience === null ? {} : { patience: study.patience };
  return stopReason(search.map(tunedTrial), improvements, {
    budget: study.budget,
    dimensions: searchedSpace(study).length,
    ...patience,
  });
}

/** As the optimiser standardises: never 0. */
function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return Math.max(1e-8, Math.sqrt(square));
}

function scaleStep(study: StudyView): Step | null {
  if (!hasScale(study)) return null;
  const scales = trialsOf(study.trials, "SCALE");
  if (scales.length < scaleBudget)
    return { kind: "suggest", role: "SCALE", count: Math.min(study.parallel, scaleBudget - scales.length) };
  const best = bestOf(scales);
  if (best === null || trialsOf(study.trials, "TASK_ARITHMETIC").length > 0) return null;
  return { kind: "fixed", role: "TASK_ARITHMETIC", params: paramsIn(best) };
}

/** Whether task arithmetic can be tuned for a baseline: not without a base, nor on the data that is reported. */
function hasScale(study: StudyView): boolean {
  const recipe = recipeOf(study);
  const isSearchable = study.tasks.every(({ searchSplitId, reportSplitId }) => searchSplitId !== reportSplitId);
  return isSearchable && !isScaleStudy(recipe, searchedSpace(study)) && scaledRecipe(recipe, 0.3) !== null;
}

/** How many trials its baselines take. */
export function baselineCount(study: StudyView): number {
  const average = averageRecipe(recipeOf(study), false) === null ? 0 : 1;
  return average + (hasScale(study) ? scaleBudget + 1 : 0);
}

/** The complete trial with the greatest value, the earliest of equal ones; null when none is complete. */
export function bestOf<T extends Pick<Trial, "state" | "value" | "index">>(trials: readonly T[]): T | null {
  const complete = trials.filter(({ state, value }) => state === "COMPLETE" && value !== null);
  return complete.reduce<T | null>(
    (best, trial) => (best === null || (trial.value ?? 0) > (best.value ?? 0) ? trial : best),
    null,
  );
}

function allFailed(search: readonly Trial[]): Fault {
  const last = search.at(-1);
  const count = search.length === 1 ? "The one trial failed" : `All of the first ${search.length} trials failed`;
  return fault("ALL_TRIALS_FAILED", `${count}, the last because: ${last?.errorMessage ?? "unknown"}`, ["recipe"]);
}

export const isBaseline = (role: TrialRole): boolean => role === "AVERAGE" || role === "TASK_ARITHMETIC";
