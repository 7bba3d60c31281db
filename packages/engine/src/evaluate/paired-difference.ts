import { type CorrectBits, isCorrect } from "./correct-bits.ts";
import type { Estimate } from "./intervals.ts";
import { meanDifference, pairedTask } from "./task-difference.ts";

/**
 * Accuracy of a minus accuracy of b on the same examples, averaged over tasks, with a 95 % interval that uses the pairing
 * (see `pairedTask` for the formula), within [−1, 1]. Throws when the tasks or their numbers of examples differ.
 */
export function pairedDifference(a: readonly CorrectBits[], b: readonly CorrectBits[]): Estimate {
  const tasks = a.length;
  if (tasks === 0 || tasks !== b.length) throw new RangeError(`${tasks} tasks cannot be compared with ${b.length}.`);
  const differences = a.map((first, index) => {
    const second = b[index] ?? first;
    if (first.n !== second.n || first.n === 0) {
      throw new RangeError(`Task ${index + 1}: ${first.n} examples cannot be paired with ${second.n}.`);
    }
    return pairedTask(countDisagreements(first, second));
  });
  const { value, low, high } = meanDifference(differences);
  return { value, low: Math.max(-1, low), high: Math.min(1, high) };
}

/** How often only one of two models is right, of n examples. Both are measured on the same split. */
export function countDisagreements(a: CorrectBits, b: CorrectBits): { n: number; onlyFirst: number; onlySecond: number } {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let index = 0; index < a.n; index++) {
    const first = isCorrect(a.bits, index);
    const second = isCorrect(b.bits, index);
    if (first && !second) onlyFirst += 1;
    if (second && !first) onlySecond += 1;
  }
  return { n: a.n, onlyFirst, onlySecond };
}
