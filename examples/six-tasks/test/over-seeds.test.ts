import { describe, expect, test } from "vitest";
import { verdictOf } from "../scripts/benchmark/markdown.ts";
import { differenceOverSeeds, median, quantile, studentInterval } from "../scripts/benchmark/over-seeds.ts";
import { ticksOf } from "../scripts/benchmark/plots/frame.ts";

const bitsOf = (bits: readonly number[]) => ({
  n: bits.length,
  bits: Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, byte) =>
    bits.slice(8 * byte, 8 * byte + 8).reduce((sum, bit, at) => sum + (bit << at), 0),
  ),
});

describe("over seeds", () => {
  test("Student's interval of 1, 2, 3 is 2 ± 4.30/√3", () => {
    const { value, low, high } = studentInterval([1, 2, 3]);
    expect(value).toBe(2);
    expect(high - value).toBeCloseTo(4.303 / Math.sqrt(3), 2);
    expect(value - low).toBeCloseTo(high - value, 12);
  });

  test("quantiles lie between order statistics", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect([0, 0.25, 1].map((share) => quantile([1, 2, 3, 4, 5], share))).toEqual([1, 2, 5]);
  });

  test("seeds that agree leave the chance in the items, and seeds that differ widen it", () => {
    const [all, half] = [bitsOf([1, 1, 1, 1, 1, 1, 1, 1]), bitsOf([1, 0, 1, 0, 1, 0, 1, 0])];
    const same = differenceOverSeeds([[all], [all], [all]], [[half], [half], [half]]);
    const different = differenceOverSeeds([[all], [all], [all]], [[half], [half], [all]]);
    expect(same.value).toBeCloseTo(0.5, 12);
    expect(different.value).toBeCloseTo(1 / 3, 12);
    expect(different.high - different.low).toBeGreaterThan(same.high - same.low);
  });

  test.each([
    [{ low: 0.1, high: 1 }, "better", "as expected"],
    [{ low: 0.1, high: 1 }, "worse", "the other way round"],
    [{ low: -1, high: -0.1 }, "worse", "as expected"],
    [{ low: -1, high: 0.1 }, "better", "open: the interval includes 0"],
  ] as const)("%o, expected %s: %s", (interval, expected, verdict) => {
    expect(verdictOf(interval, expected)).toBe(verdict);
  });

  test("ticks are round and inside", () => {
    const scale = (low: number, high: number) => ({ domain: [low, high] as const, at: (value: number) => value });
    expect(ticksOf(scale(0.3, 10.2))).toEqual([2, 4, 6, 8, 10]);
    expect(ticksOf(scale(-0.031, 0.012))).toEqual([-0.03, -0.02, -0.01, 0, 0.01]);
  });
});
