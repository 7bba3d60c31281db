import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { logImprovement } from "./log-ei.ts";
import { cumulative, erfcx, quantile } from "./normal.ts";

/** Written by scripts/golden/normal.py in 60 digits. */
const golden = JSON.parse(readFileSync(join(import.meta.dirname, "golden/normal.json"), "utf8")) as Record<
  "erfcx" | "logH" | "quantile",
  [number, number][]
>;
const relative = (found: number, wanted: number): number => Math.abs(found - wanted) / Math.max(Math.abs(wanted), 1e-300);

test.each(golden.erfcx)("erfcx(%d)", (x, wanted) => {
  expect(relative(erfcx(x), wanted)).toBeLessThan(1e-14);
});

test.each(golden.logH)("ln h(%d), and its derivative by central differences", (u, wanted) => {
  expect(relative(logImprovement(u).value, wanted)).toBeLessThan(1e-12);
  const step = 1e-4 * Math.max(1, Math.abs(u)) ** 0.5;
  const difference = (logImprovement(u + step).value - logImprovement(u - step).value) / (2 * step);
  expect(relative(logImprovement(u).slope, difference)).toBeLessThan(1e-4);
});

test.each(golden.quantile)("Φ⁻¹(%d)", (p, wanted) => {
  expect(Math.abs(quantile(p) - wanted)).toBeLessThan(1e-12 * Math.max(1, Math.abs(wanted)));
});

test("Φ is symmetric, and a probability outside (0, 1) is refused", () => {
  for (const u of [0, 0.3, 1, 4, 9]) expect(cumulative(u) + cumulative(-u)).toBeCloseTo(1, 15);
  expect(() => quantile(0)).toThrow(RangeError);
  expect(() => quantile(Number.NaN)).toThrow(RangeError);
});
