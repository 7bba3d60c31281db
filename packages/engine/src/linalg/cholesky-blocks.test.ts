import fc from "fast-check";
import { expect, test } from "vitest";
import { choleskyInPlace, solveInPlace } from "./cholesky-blocks.ts";
import { gram, matrix, multiply } from "./index.ts";

function random(length: number, seed: number): Float64Array {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return Float64Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

// Sizes around one, two and three blocks of 64.
const sizes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(63, 64, 65, 128, 150));

test("solving gives back what was multiplied, for any number of blocks", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 9 }), fc.nat(), (size, columns, seed) => {
      const a = gram(matrix(size + 5, size, random((size + 5) * size, seed)));
      for (let i = 0; i < size; i += 1) a.data[i * size + i] = (a.data[i * size + i] as number) + 0.1 * size;
      const x = matrix(size, columns, random(size * columns, seed + 1));
      const b = multiply(a, x);
      const factor = choleskyInPlace({ ...a, data: a.data.slice() });
      expect(factor).not.toBeNull();
      if (factor !== null) solveInPlace(factor, b);
      b.data.forEach((value, at) => {
        expect(Math.abs(value - (x.data[at] ?? 0))).toBeLessThan(1e-10);
      });
    }),
    { numRuns: 60 },
  );
});

test("a matrix that is not positive definite has no factor", () => {
  expect(choleskyInPlace(matrix(2, 2, [1, 2, 2, 1]))).toBeNull();
  expect(choleskyInPlace(matrix(1, 1, [0]))).toBeNull();
});
