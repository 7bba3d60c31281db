import { describe, expect, test } from "vitest";
import { macroInterval, wilson } from "./intervals.ts";

describe("the Wilson interval", () => {
  // Newcombe 1998 (Statistics in Medicine 17: 857), table I, method 3; the last two mirror the third and are n/(n + z²).
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [20, 20, 0.8389, 1],
    [1, 1, 0.2065, 1],
  ])("of %i in %i is [%d, %d]", (correct, n, low, high) => {
    const interval = wilson(correct, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test("of no examples is everything", () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });

  test("holds every proportion p for which the count is within z standard errors of p, and no other", () => {
    for (const [correct, n] of [
      [3, 17],
      [40, 41],
      [250, 800],
    ] as const) {
      const { low, high } = wilson(correct, n);
      const distance = (p: number) => Math.abs(correct / n - p) / Math.sqrt((p * (1 - p)) / n);
      expect(distance(low)).toBeCloseTo(1.959964, 5);
      expect(distance(high)).toBeCloseTo(1.959964, 5);
    }
  });
});

describe("the interval of a mean over tasks", () => {
  test("of one task is Wilson's", () => {
    const { value, low, high } = macroInterval([{ value: 0.8, n: 50 }]);
    expect(value).toBe(0.8);
    expect({ low, high }).toEqual(wilson(40, 50));
  });

  test("of k like tasks is narrower by √k", () => {
    const one = macroInterval([{ value: 0.6, n: 200 }]);
    const four = macroInterval(Array.from({ length: 4 }, () => ({ value: 0.6, n: 200 })));
    expect(four.value).toBeCloseTo(0.6, 12);
    expect(four.value - four.low).toBeCloseTo((one.value - one.low) / 2, 12);
    expect(four.high - four.value).toBeCloseTo((one.high - one.value) / 2, 12);
  });

  test("covers the true mean in about 95 of 100 experiments", () => {
    const random = generator(5);
    const truth = [0.95, 0.5, 0.7];
    const n = 60;
    let covered = 0;
    for (let run = 0; run < 2000; run++) {
      const scores = truth.map((p) => ({
        value: Array.from({ length: n }, () => Number(random() < p)).reduce((a, b) => a + b, 0) / n,
        n,
      }));
      const { low, high } = macroInterval(scores);
      const mean = truth.reduce((a, b) => a + b, 0) / truth.length;
      if (low <= mean && mean <= high) covered += 1;
    }
    expect(covered / 2000).toBeGreaterThan(0.93);
    expect(covered / 2000).toBeLessThan(0.98);
  });

  test("of no task is an error", () => {
    expect(() => macroInterval([])).toThrow("at least one task");
  });
});

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
