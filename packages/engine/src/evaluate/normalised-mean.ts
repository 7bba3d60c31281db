import { z95 } from "./intervals.ts";
import { type LooseEstimate, varianceOf } from "./task-difference.ts";

/** A model and the task's own expert on the same split. */
export interface NormalisedTask {
  readonly score: LooseEstimate;
  readonly expert: LooseEstimate;
  /** For perplexity and the like: the ratio is then expert / score, so that more is always better and the expert itself is 1. */
  readonly lowerIsBetter: boolean;
  /** True when the model is the expert: the ratio is 1 by definition and varies not at all. */
  readonly isExpert: boolean;
  /** What the two have right of the same examples; null where they cannot be paired, which makes the interval wider. */
  readonly paired: {
    readonly n: number;
    readonly correct: number;
    readonly expertCorrect: number;
    /** Examples that exactly one of the two has right. */
    readonly discordant: number;
  } | null;
}

export interface NormalisedMean {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** score / expert, or expert / score where less is better; null when that divides by zero. */
export function normalisedScore({ score, expert, lowerIsBetter }: Pick<NormalisedTask, "score" | "expert" | "lowerIsBetter">) {
  const [top, bottom] = lowerIsBetter ? [expert.value, score.value] : [score.value, expert.value];
  return bottom > 0 ? top / bottom : null;
}

/**
 * Unweighted mean over tasks of r = score / score of the task's own expert, with a 95 % interval by the delta method:
 *   var(r) ≈ (v − 2·r·c + r²·v′)/e²    r̄ ± z·√(Σ var(r))/k, never below 0
 * v and v′ are the variances of the score and of the expert's score e; c is their covariance over the same examples,
 * (p₁₁ − p·e)/n with p₁₁ the share that both have right. All three come from the four cells of the pair with half an example
 * added to each, so that a variance is never zero by chance. Unpaired scores use v from their own intervals and c = 0. The
 * expert counts as measured, not as known: its own uncertainty is in the interval. Deterministic, no resampling.
 * Null when an expert's score is zero (or a score, where less is better). Throws without a task.
 * Source: Casella & Berger 2002, §5.5.4; cells as in Agresti & Min 2005.
 */
export function normalisedMean(tasks: readonly NormalisedTask[]): NormalisedMean | null {
  const k = tasks.length;
  if (k === 0) throw new RangeError("A mean over tasks needs at least one task.");
  let value = 0;
  let variance = 0;
  for (const task of tasks) {
    const ratio = normalisedScore(task);
    if (ratio === null) return null;
    value += ratio / k;
    if (!task.isExpert) variance += ratioVariance(task, ratio);
  }
  if (!Number.isFinite(variance)) return { value, low: null, high: null };
  const half = (z95 * Math.sqrt(variance)) / k;
  return { value, low: Math.max(0, value - half), high: value + half };
}

function ratioVariance({ score, expert, lowerIsBetter, paired }: NormalisedTask, ratio: number): number {
  if (paired && !lowerIsBetter) return pairedRatioVariance(paired);
  const [top, bottom] = lowerIsBetter ? [expert, score] : [score, expert];
  return (varianceOf(top) + ratio ** 2 * varianceOf(bottom)) / bottom.value ** 2;
}

function pairedRatioVariance({ n, correct, expertCorrect, discordant }: NonNullable<NormalisedTask["paired"]>): number {
  const size = n + 2;
  const p = (correct + 1) / size;
  const e = (expertCorrect + 1) / size;
  const both = ((correct + expertCorrect - discordant) / 2 + 0.5) / size;
  const ratio = p / e;
  return (p * (1 - p) - 2 * ratio * (both - p * e) + ratio ** 2 * e * (1 - e)) / size / e ** 2;
}
