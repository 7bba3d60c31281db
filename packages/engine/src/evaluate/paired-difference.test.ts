import { describe, expect, test } from "vitest";
import { type CorrectBits, countCorrect, emptyBits, isCorrect, markCorrect } from "./correct-bits.ts";
import { pairedDifference } from "./paired-difference.ts";

const bitsOf = (answers: readonly boolean[]): CorrectBits => {
  const bits = emptyBits(answers.length);
  answers.forEach((isRight, index) => {
    if (isRight) markCorrect(bits, index);
  });
  return { bits, n: answers.length };
};

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Answers of two models that share what makes an example hard. */
function sampleTask(random: () => number, n: number, lead: number): [CorrectBits, CorrectBits] {
  const pairs = Array.from({ length: n }, () => {
    const ease = random();
    return [random() < ease ** 0.5 + lead, random() < ease ** 0.5] as const;
  });
  return [bitsOf(pairs.map(([a]) => a)), bitsOf(pairs.map(([, b]) => b))];
}

test("a bit an example, the first in the lowest bit", () => {
  const { bits, n } = bitsOf([true, false, false, true, false, false, false, false, true]);
  expect([...bits]).toEqual([0b1001, 0b1]);
  expect(countCorrect({ bits, n })).toBe(3);
  expect(isCorrect(bits, 3)).toBe(true);
  expect(isCorrect(bits, 4)).toBe(false);
});

describe("the paired difference", () => {
  test("is Agresti and Min's for one task: 9 against 1 of 60", () => {
    const a = bitsOf(Array.from({ length: 60 }, (_, index) => index < 30));
    const b = bitsOf(Array.from({ length: 60 }, (_, index) => (index >= 9 && index < 30) || index === 40));
    const { value, low, high } = pairedDifference([a], [b]);
    expect(value).toBeCloseTo(8 / 60, 12);
    const centre = 8 / 62;
    const half = 1.959964 * Math.sqrt((11 / 62 - centre ** 2) / 62);
    expect(low).toBeCloseTo(centre - half, 6);
    expect(high).toBeCloseTo(centre + half, 6);
  });

  test("agrees with a bootstrap over the examples of every task", () => {
    const random = generator(11);
    const tasks = [300, 500, 200].map((n) => sampleTask(random, n, 0.06));
    const [a, b] = [tasks.map(([first]) => first), tasks.map(([, second]) => second)];
    const { value, low, high } = pairedDifference(a, b);
    const means = Array.from({ length: 4000 }, () =>
      tasks
        .map(([first, second]) => {
          let sum = 0;
          for (let draw = 0; draw < first.n; draw++) {
            const index = Math.floor(random() * first.n);
            sum += Number(isCorrect(first.bits, index)) - Number(isCorrect(second.bits, index));
          }
          return sum / first.n / tasks.length;
        })
        .reduce((x, y) => x + y, 0),
    ).sort((x, y) => x - y);
    const accuracies = (side: CorrectBits[]) => side.reduce((sum, task) => sum + countCorrect(task) / task.n / side.length, 0);
    expect(value).toBeCloseTo(accuracies(a) - accuracies(b), 12);
    expect(Math.abs(low - (means[100] ?? 0))).toBeLessThan(0.004);
    expect(Math.abs(high - (means[3899] ?? 0))).toBeLessThan(0.004);
  });

  test("covers the true difference in about 95 of 100 experiments", () => {
    const random = generator(3);
    const experiments = Array.from({ length: 600 }, () => {
      const tasks = [80, 120].map((n) => sampleTask(random, n, 0));
      const { low, high } = pairedDifference(
        tasks.map(([a]) => a),
        tasks.map(([, b]) => b),
      );
      return low <= 0 && 0 <= high;
    });
    const covered = experiments.filter(Boolean).length / experiments.length;
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThan(0.985);
  });

  test("is narrower than that of two separate scores when the models err alike", () => {
    const [a, b] = sampleTask(generator(8), 1000, 0.02);
    const { low, high } = pairedDifference([a], [b]);
    const unpaired =
      2 *
      1.96 *
      Math.sqrt([a, b].reduce((sum, task) => sum + ((countCorrect(task) / 1000) * (1 - countCorrect(task) / 1000)) / 1000, 0));
    expect(high - low).toBeLessThan(unpaired);
  });

  test("turns its sign with its arguments, and is about nothing for one model against itself", () => {
    const [a, b] = sampleTask(generator(2), 100, 0.1);
    const forth = pairedDifference([a], [b]);
    const back = pairedDifference([b], [a]);
    expect(back.value).toBeCloseTo(-forth.value, 12);
    expect(back.low).toBeCloseTo(-forth.high, 12);
    const self = pairedDifference([a], [a]);
    expect(self.value).toBe(0);
    expect(self.low).toBeLessThan(0);
    expect(self.high).toBeGreaterThan(0);
  });

  test("stays within [-1, 1]", () => {
    const right = bitsOf([true, true, true]);
    const wrong = bitsOf([false, false, false]);
    expect(pairedDifference([right], [wrong])).toMatchObject({ value: 1, high: 1 });
  });

  test("refuses what cannot be paired", () => {
    const three = bitsOf([true, true, true]);
    expect(() => pairedDifference([three], [])).toThrow("1 tasks cannot be compared with 0");
    expect(() => pairedDifference([], [])).toThrow("0 tasks");
    expect(() => pairedDifference([three, three], [three, bitsOf([true])])).toThrow("Task 2: 3 examples cannot be paired with 1");
  });
});
