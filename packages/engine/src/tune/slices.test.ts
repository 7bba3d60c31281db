import { expect, test } from "vitest";
import { slices } from "./slices.ts";
import type { Trial } from "./trial.ts";

const space = [
  { name: "a", kind: "float", low: 0, high: 2 },
  { name: "b", kind: "float", low: 1e-3, high: 1, log: true },
] as const;

const trialAt = (a: number, b: number): Trial => ({ params: { a, b }, state: "complete", value: 5 - (a - 0.5) ** 2 });
const grid = [0, 0.5, 1, 1.5, 2].flatMap((a) => [0.001, 0.03, 1].map((b) => trialAt(a, b)));
const options = { through: { a: 0.5, b: 0.03 }, count: 9, seed: 1 };

test("a slice runs through the trials' values and peaks where the function does", () => {
  const [a] = slices(space, grid, options);
  const best = a?.points.reduce((top, point) => (point.mean > top.mean ? point : top));
  expect(best?.at).toBe(0.5);
  expect(best?.mean).toBeCloseTo(5, 1);
  for (const { at, mean } of a?.points ?? []) expect(Math.abs(mean - (5 - (at - 0.5) ** 2))).toBeLessThan(0.15);
});

test("a coordinate that changes nothing is flat, has the longer scale, and is spaced as the coordinate is", () => {
  const [a, b] = slices(space, grid, options);
  const means = b?.points.map(({ mean }) => mean) ?? [];
  expect(Math.max(...means) - Math.min(...means)).toBeLessThan(0.1);
  expect(b?.lengthScale).toBeGreaterThan(a?.lengthScale ?? Number.POSITIVE_INFINITY);
  expect(b?.points[4]?.at).toBeCloseTo(Math.sqrt(1e-3), 6);
});

test("the surrogate is less sure away from the trials, and says nothing of fewer than two", () => {
  const few = [trialAt(0, 0.03), trialAt(0.5, 0.03), trialAt(1, 0.03)];
  const points = slices(space, few, options)[0]?.points ?? [];
  expect(points[8]?.deviation).toBeGreaterThan(2 * (points[2]?.deviation ?? Number.NaN));
  expect(slices(space, few.slice(0, 1), options)).toEqual([]);
});
