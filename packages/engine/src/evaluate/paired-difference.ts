import { type CorrectBits, isCorrect } from "./correct-bits.ts";
import { type Estimate, z95 } from "./intervals.ts";

/**
 * Accuracy of a minus accuracy of b on the same examples, averaged over tasks, with a 95 % interval that uses the pairing.
 *
 * Per task, with x examples that only a has right and y that only b has right: d = (x − y)/n. The interval adds half an example
 * to each of the four cells (Agresti & Min 2005), so that it has a width even when the two never differ:
 *   d̃ = (x − y)/(n + 2)    s² = ((x + y + 1)/(n + 2) − d̃²)/(n + 2)    mean(d̃) ± z·√(Σ s²)/k, within [−1, 1]
 * Throws when the tasks or their numbers of examples differ.
 */
export function pairedDifference(a: readonly CorrectBits[], b: readonly CorrectBits[]): Estimate {
  const tasks = a.length;
  if (tasks === 0 || tasks !== b.length) throw new RangeError(`${tasks} tasks cannot be compared with ${b.length}.`);
  let value = 0;
  let centre = 0;
  let variance = 0;
  a.forEach((first, index) => {
    const second = b[index] ?? first;
    if (first.n !== second.n || first.n === 0) {
      throw new RangeError(`Task ${index + 1}: ${first.n} examples cannot be paired with ${second.n}.`);
    }
    const { onlyFirst, onlySecond } = countDisagreements(first, second);
    const n = first.n + 2;
    const shrunk = (onlyFirst - onlySecond) / n;
    value += (onlyFirst - onlySecond) / first.n / tasks;
    centre += shrunk / tasks;
    variance += ((onlyFirst + onlySecond + 1) / n - shrunk ** 2) / n;
  });
  const half = (z95 * Math.sqrt(variance)) / tasks;
  return { value, low: Math.max(-1, centre - half), high: Math.min(1, centre + half) };
}

function countDisagreements(a: CorrectBits, b: CorrectBits): { onlyFirst: number; onlySecond: number } {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let index = 0; index < a.n; index++) {
    const first = isCorrect(a.bits, index);
    const second = isCorrect(b.bits, index);
    if (first && !second) onlyFirst += 1;
    if (second && !first) onlySecond += 1;
  }
  return { onlyFirst, onlySecond };
}
