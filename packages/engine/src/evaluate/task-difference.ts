import { type Estimate, z95 } from "./intervals.ts";

/** What one task says about first minus second: the difference, the centre of its interval and the variance around it. */
export interface TaskDifference {
  readonly value: number;
  readonly centre: number;
  /** Infinity where a score says nothing about its own uncertainty. */
  readonly variance: number;
}

/** Of n examples that both answered, those that only the one had right. */
export interface Disagreement {
  readonly n: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/**
 * The difference of two accuracies on the same n examples, of which x only the first has right and y only the second:
 *   d = (x − y)/n    d̃ = (x − y)/(n + 2)    s² = ((x + y + 1)/(n + 2) − d̃²)/(n + 2)
 * Half an example is added to each of the four cells, so that there is a width even when the two never differ.
 * Source: Agresti & Min 2005.
 */
export function pairedTask({ n, onlyFirst, onlySecond }: Disagreement): TaskDifference {
  const centre = (onlyFirst - onlySecond) / (n + 2);
  return { value: (onlyFirst - onlySecond) / n, centre, variance: pairedVariance(n, centre, onlyFirst + onlySecond) };
}

/** s² of `pairedTask` from its centre and the number of examples on which exactly one is right. */
export const pairedVariance = (n: number, centre: number, discordant: number): number =>
  ((discordant + 1) / (n + 2) - centre ** 2) / (n + 2);

/** A score with its limits, where it has any. */
export interface LooseEstimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Variance of a score from the width of its 95 % interval; Infinity when it has none. */
export const varianceOf = ({ low, high }: LooseEstimate): number =>
  low === null || high === null ? Number.POSITIVE_INFINITY : ((high - low) / (2 * z95)) ** 2;

/** The difference of two scores that cannot be paired, such as perplexities: variances add. It is wider than a paired one would be. */
export function separateTask(a: LooseEstimate, b: LooseEstimate): TaskDifference {
  const value = a.value - b.value;
  return { value, centre: value, variance: varianceOf(a) + varianceOf(b) };
}

/** Mean over tasks with separate examples: mean(centre) ± z·√(Σ s²)/k. Infinite limits where a task has no variance. Throws without a task. */
export function meanDifference(tasks: readonly TaskDifference[]): Estimate {
  const k = tasks.length;
  if (k === 0) throw new RangeError("A difference over tasks needs at least one task.");
  let value = 0;
  let centre = 0;
  let variance = 0;
  for (const task of tasks) {
    value += task.value / k;
    centre += task.centre / k;
    variance += task.variance;
  }
  const half = (z95 * Math.sqrt(variance)) / k;
  return { value, low: centre - half, high: centre + half };
}
