import { z95 } from "./intervals.ts";
import { type LooseEstimate, pairedVariance, varianceOf } from "./task-difference.ts";

/** A model's result on one task. */
export interface RankedScore extends LooseEstimate {
  readonly n: number;
  /** Examples that it has right; null where an example is neither right nor wrong. */
  readonly correct: number | null;
}

/** Pairs of models by their places: first and second of pair i are at 2i and 2i + 1. */
export type PairList = Uint32Array;

/** One task's results in arrays, because a thousand models make half a million pairs. */
export interface Column {
  /** −1 where examples are neither right nor wrong. */
  readonly correct: Float64Array;
  readonly n: Float64Array;
  readonly value: Float64Array;
  readonly variance: Float64Array;
  readonly sign: 1 | -1;
}

export function columnOf(models: readonly (readonly RankedScore[])[], task: number, lowerIsBetter: boolean): Column {
  const room = () => new Float64Array(models.length);
  const column: Column = { correct: room(), n: room(), value: room(), variance: room(), sign: lowerIsBetter ? -1 : 1 };
  models.forEach((scores, row) => {
    const score = scores[task];
    if (!score) throw new RangeError(`Model ${row + 1} has no score on task ${task + 1}.`);
    column.correct[row] = lowerIsBetter ? -1 : (score.correct ?? -1);
    column.n[row] = score.n;
    column.value[row] = score.value;
    column.variance[row] = varianceOf(score);
  });
  return column;
}

export const isPaired = ({ correct, n }: Column, a: number, b: number): boolean =>
  (correct[a] ?? -1) >= 0 && (correct[b] ?? -1) >= 0 && n[a] === n[b] && (n[a] ?? 0) > 0;

/**
 * Says of most pairs that are far apart that they are, at the cost of one subtraction: even if the two disagreed on every example,
 * the variance would be at most Σ 1/(n + 2). Null when some pair cannot be paired on some task.
 */
export function farApart(tasks: readonly Column[], models: number): ((a: number, b: number) => boolean) | null {
  const total = new Float64Array(models);
  let variance = 0;
  for (const task of tasks) {
    const n = task.n[0] ?? 0;
    variance += 1 / (n + 2);
    for (let row = 0; row < models; row++) {
      if (!isPaired(task, 0, row)) return null;
      total[row] = (total[row] ?? 0) + (task.correct[row] ?? 0) / (n + 2);
    }
  }
  return (a, b) => isClear((total[a] ?? 0) - (total[b] ?? 0), variance);
}

/** Sums over tasks for each pair: the centre of the difference, and what its variance is at least and at most. */
export interface PairSums {
  readonly pairs: PairList;
  readonly centre: Float64Array;
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/**
 * Adds what a task's numbers of right answers tell about each pair. With x examples that only the first has right and y that
 * only the second has, x − y is known and x + y is not, but it is at least |c − c′| and at most min(c + c′, 2n − c − c′).
 * Where examples cannot be paired, the variances of the two scores add up and nothing is left open.
 */
export function addBounds(task: Column, { pairs, centre, least, most }: PairSums): void {
  for (let i = 0; i < centre.length; i++) {
    const [a, b] = [pairs[2 * i] ?? 0, pairs[2 * i + 1] ?? 0];
    if (isPaired(task, a, b)) {
      const n = task.n[a] ?? 0;
      const [first, second] = [task.correct[a] ?? 0, task.correct[b] ?? 0];
      const difference = (first - second) / (n + 2);
      centre[i] = (centre[i] ?? 0) + difference;
      least[i] = (least[i] ?? 0) + pairedVariance(n, difference, Math.abs(first - second));
      most[i] = (most[i] ?? 0) + pairedVariance(n, difference, Math.min(first + second, 2 * n - first - second));
    } else {
      const variance = (task.variance[a] ?? 0) + (task.variance[b] ?? 0);
      centre[i] = (centre[i] ?? 0) + task.sign * ((task.value[a] ?? 0) - (task.value[b] ?? 0));
      least[i] = (least[i] ?? 0) + variance;
      most[i] = (most[i] ?? 0) + variance;
    }
  }
}

/** Puts the counted x + y of the pairs, those that are paired on this task, in the place of its bounds. */
export function tighten(task: Column, { pairs, least, most }: PairSums, discordant: ArrayLike<number>): void {
  let at = 0;
  for (let i = 0; i < least.length; i++) {
    const [a, b] = [pairs[2 * i] ?? 0, pairs[2 * i + 1] ?? 0];
    if (!isPaired(task, a, b)) continue;
    const n = task.n[a] ?? 0;
    const [first, second] = [task.correct[a] ?? 0, task.correct[b] ?? 0];
    const counted = discordant[at++] ?? 0;
    // The variance is linear in x + y.
    const unit = (n + 2) ** 2;
    least[i] = (least[i] ?? 0) + (counted - Math.abs(first - second)) / unit;
    most[i] = (most[i] ?? 0) + (counted - Math.min(first + second, 2 * n - first - second)) / unit;
  }
}

/** Whether the interval lies above zero. Both are sums over tasks, so the number of tasks cancels. */
export const isClear = (centre: number, variance: number): boolean => centre > 0 && centre ** 2 > z95 ** 2 * variance;
