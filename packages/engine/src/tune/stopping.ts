import type { Trial } from "./trial.ts";

export interface StopRule {
  /** Most trials. */
  readonly budget: number;
  readonly dimensions: number;
  /** Stops when this is reached. */
  readonly target?: number;
  /** Finished trials without improvement before giving up; default max(10, 2d); null never gives up. */
  readonly patience?: number | null;
  /** What counts as an improvement; default 1e-4. */
  readonly least?: number;
}

export type StopReason = "budget" | "target" | "noImprovement" | "nothingExpected" | null;

const HOPELESS = Math.log(1e-6);
const HOPELESS_TURNS = 3;

/**
 * Whether a study should end, and why: its budget is spent, the target is reached, nothing has improved for a while, or the surrogate expected less than 10⁻⁶ standard
 * deviations of improvement three times in a row.
 * @param logImprovements of the suggestions made so far, in units of the values' standard deviation, oldest first
 */
export function stopReason(trials: readonly Trial[], logImprovements: readonly number[], rule: StopRule): StopReason {
  const values = trials.flatMap(({ state, value }) =>
    state === "complete" && value !== undefined && Number.isFinite(value) ? [value] : [],
  );
  const best = Math.max(...values);
  if (rule.target !== undefined && best >= rule.target) return "target";
  if (trials.length >= rule.budget) return "budget";
  const last = logImprovements.slice(-HOPELESS_TURNS);
  if (last.length === HOPELESS_TURNS && last.every((value) => value < HOPELESS)) return "nothingExpected";
  const patience = rule.patience === undefined ? Math.max(10, 2 * rule.dimensions) : rule.patience;
  if (patience === null) return null;
  let [top, since] = [Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    if (value > top + (rule.least ?? 1e-4)) [top, since] = [value, 0];
    else since += 1;
  }
  return since >= patience ? "noImprovement" : null;
}
