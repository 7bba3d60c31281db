import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sobolPoints } from "./sobol.ts";

test("the plain sequence is scipy's, in all 128 coordinates", () => {
  const golden = JSON.parse(readFileSync(join(import.meta.dirname, "golden/sobol.json"), "utf8")) as number[][];
  expect(sobolPoints(128, 32, null).map((point) => [...point].map((value) => value * 32))).toEqual(golden);
});

test("scrambled, each interval of 2⁻⁵ still holds one of 32 points, in every coordinate", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 3 }), (seed, block) => {
      const points = sobolPoints(20, 32, seed, 32 * block);
      for (let k = 0; k < 20; k += 1) expect(new Set(points.map((point) => Math.floor((point[k] ?? 0) * 32))).size).toBe(32);
    }),
    { numRuns: 30 },
  );
});

test("a point depends on its index and the seed alone", () => {
  expect(sobolPoints(7, 5, 9, 11)).toEqual(sobolPoints(7, 16, 9).slice(11));
  expect(sobolPoints(7, 5, 9)).not.toEqual(sobolPoints(7, 5, 10));
  expect(() => sobolPoints(129, 1, 1)).toThrow(RangeError);
});
