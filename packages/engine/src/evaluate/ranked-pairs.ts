import { z95 } from "./intervals.ts";
import { type LooseEstimate, pairedVariance, varianceOf } from "./task-difference.ts";

/** A model's result on one task. */
export interface RankedScore extends LooseEstimate {
  readonly n: number;
  /** Examples that it has right; null where an example is neither right nor wrong. */
  readonly correct: number | null;
}

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

/** Centre of the paired difference: known without looking at single examples. */
export const pairedCentre = ({ correct, n }: Column, a: number, b: number): number =>
  ((correct[a] ?? 0) - (correct[b] ?? 0)) / ((n[a] ?? 0) + 2);

export const separateCentre = ({ sign, value }: Column, a: number, b: number): number =>
  sign * ((value[a] ?? 0) - (value[b] ?? 0));

export const separateVariance = ({ variance }: Column, a: number, b: number): number => (variance[a] ?? 0) + (variance[b] ?? 0);

/** Whether `a` is better than `b` beyond doubt, when the numbers of right answers tell; null when they do not. */
export function decide(tasks: readonly Column[], a: number, b: number): boolean | null {
  let centre = 0;
  let least = 0;
  let most = 0;
  for (const task of tasks) {
    if (isPaired(task, a, b)) {
      const n = task.n[a] ?? 0;
      const [first, second] = [task.correct[a] ?? 0, task.correct[b] ?? 0];
      const difference = pairedCentre(task, a, b);
      centre += difference;
      least += pairedVariance(n, difference, Math.abs(first - second));
      most += pairedVariance(n, difference, Math.min(first + second, 2 * n - first - second));
    } else {
      const variance = separateVariance(task, a, b);
      centre += separateCentre(task, a, b);
      least += variance;
      most += variance;
    }
  }
  if (!isClear(centre, least)) return false;
  return isClear(centre, most) ? true : null;
}

/** Whether the interval lies above zero. Both are sums over tasks, so the number of tasks cancels. */
export const isClear = (centre: number, variance: number): boolean => centre - z95 * Math.sqrt(variance) > 0;
