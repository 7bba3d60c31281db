import fc from "fast-check";
import { expect, test } from "vitest";
import { lengthBatches } from "./length-batches.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 200 });

test("every sequence is in exactly one batch, and no batch of several exceeds the limit", () => {
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 500 }), (given, batchTokens) => {
      const batches = lengthBatches(given, batchTokens);
      expect(batches.flat().sort((a, b) => a - b)).toEqual(given.map((_, index) => index));
      for (const batch of batches) {
        const longest = Math.max(...batch.map((index) => given[index] ?? 0));
        expect(batch.length === 1 || batch.length * longest <= batchTokens).toBe(true);
      }
    }),
  );
});

test("batches go from long to short, and equals keep their order", () => {
  expect(lengthBatches([3, 9, 3, 9, 5], 18)).toEqual([
    [1, 3],
    [4, 0, 2],
  ]);
});
