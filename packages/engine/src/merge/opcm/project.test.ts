import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  columnRange,
  identity,
  type Matrix,
  matrix,
  multiply,
  qr,
  sideBySide,
  sumOfSquares,
  thinSvd,
} from "../../linalg/index.ts";
import { project, splitRank } from "./project.ts";

function random(length: number, seed: number): Float64Array {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return Float64Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

const norm = (values: Float64Array): number => Math.sqrt(sumOfSquares(values));
const plus = (a: Float64Array, b: Float64Array, factor = 1): Float64Array => a.map((x, i) => x + factor * (b[i] ?? Number.NaN));
const expectEqual = (a: Float64Array, b: Float64Array, tolerance = 1e-12) => expect(norm(plus(a, b, -1))).toBeLessThan(tolerance);

/** The columns of q, and more that make it square and orthonormal. */
const completed = (q: Matrix): Matrix => sideBySide([q, columnRange(qr(sideBySide([q, identity(q.rows)])).q, q.columns, q.rows)]);

/** The formula of the paper, word for word, with square U and V. */
function byDefinition(b: Float64Array, tau: Float64Array, rows: number, columns: number, alpha: number): Float64Array {
  const thin = thinSvd(matrix(rows, columns, b));
  const [u, v] = [completed(thin.u), completed(thin.v)];
  const r = splitRank(thin.s, alpha);
  const q = multiply(multiply(u, matrix(rows, columns, tau), { transposeA: true }), v);
  q.data.forEach((_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    if (i === j || (i < r && j < r)) q.data[at] = 0;
  });
  return multiply(multiply(u, q), v, { transposeB: true }).data;
}

const cases = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  columns: fc.integer({ min: 1, max: 12 }),
  alpha: fc.constantFrom(0, 0.1, 0.5, 0.9, 1),
  seed: fc.nat(),
});

describe("projection away from what is merged", () => {
  test("is the formula with square U and V", () => {
    fc.assert(
      fc.property(cases, ({ rows, columns, alpha, seed }) => {
        const [b, tau] = [random(rows * columns, seed), random(rows * columns, seed + 1)];
        expectEqual(project(b, tau, { rows, columns, alpha }), byDefinition(b, tau, rows, columns, alpha), 1e-11);
      }),
    );
  });

  test("is orthogonal to every u·vᵀ of what is merged", () => {
    fc.assert(
      fc.property(cases, ({ rows, columns, alpha, seed }) => {
        const [b, tau] = [random(rows * columns, seed), random(rows * columns, seed + 1)];
        const result = matrix(rows, columns, project(b, tau, { rows, columns, alpha }));
        const { u, v } = thinSvd(matrix(rows, columns, b));
        const inner = multiply(multiply(u, result, { transposeA: true }), v);
        for (let k = 0; k < inner.rows; k += 1) expect(Math.abs(inner.data[k * inner.columns + k] ?? 1)).toBeLessThan(1e-12);
      }),
    );
  });

  test("gives 0 for the same model again, whatever its rank", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 12 }), ({ rows, columns, alpha, seed }, rank) => {
        const [left, right] = [
          matrix(rows, rank, random(rows * rank, seed)),
          matrix(rank, columns, random(rank * columns, seed + 1)),
        ];
        const b = multiply(left, right).data;
        expect(
          norm(
            project(
              b.map((x) => 3 * x),
              b,
              { rows, columns, alpha },
            ),
          ),
        ).toBeLessThan(1e-12 * (1 + norm(b)));
      }),
    );
  });

  test("gives the task vector when nothing is merged yet", () => {
    const tau = Float32Array.from(random(12, 4));
    expect(project(new Float32Array(12), tau, { rows: 3, columns: 4, alpha: 0.5 })).toEqual(Float64Array.from(tau));
    expect(project(new Float32Array(0), new Float32Array(0), { rows: 0, columns: 4, alpha: 0.5 })).toEqual(new Float64Array(0));
  });

  test("does not depend on the size of what is merged", () => {
    const [b, tau] = [random(35, 1), random(35, 2)];
    const at = { rows: 5, columns: 7, alpha: 0.5 };
    expectEqual(
      project(
        b.map((x) => 0.37 * x),
        tau,
        at,
      ),
      project(b, tau, at),
    );
  });

  test("alpha 0 removes the diagonal alone, alpha 1 all that lies within the directions of B", () => {
    const b = Float64Array.from([3, 0, 0, 0, 2, 0]);
    const tau = Float64Array.from([1, 2, 3, 4, 5, 6]);
    const at = (alpha: number) => project(b, tau, { rows: 2, columns: 3, alpha });
    expectEqual(at(0), Float64Array.from([0, 2, 3, 4, 0, 6]));
    expectEqual(at(0.59), at(0));
    expectEqual(at(1), Float64Array.from([0, 0, 3, 0, 0, 6]));
    expect(() => at(1.5)).toThrow("alpha lies between 0 and 1");
  });

  test("the split is the first index that passes alpha", () => {
    const s = Float64Array.from([3, 2, 1]);
    expect([0, 0.49, 0.5, 0.83, 0.84, 1].map((alpha) => splitRank(s, alpha))).toEqual([0, 0, 1, 1, 2, 3]);
  });
});

test("tensors stream: rescaling after every arrival, or once at the end, gives the same model", () => {
  const shapes = [
    [4, 6],
    [7, 5],
  ] as const;
  const models = [1, 2, 3, 4].map((seed) => shapes.map(([rows, columns], k) => random(rows * columns, 10 * seed + k)));
  const normOf = (tensors: readonly Float64Array[]) => Math.sqrt(tensors.reduce((sum, x) => sum + sumOfSquares(x), 0));
  const next = (sum: Float64Array, tau: Float64Array, k: number) => {
    const [rows, columns] = shapes[k] ?? [0, 0];
    return project(sum, tau, { rows, columns, alpha: 0.5 });
  };
  // As the paper has it: scale back, add, and rescale to the mean norm, model by model.
  let delta: Float64Array[] = [];
  let lambda = 1;
  models.forEach((taus, t) => {
    delta = taus.map((tau, k) => {
      const before = delta[k];
      return before === undefined ? tau : plus(next(before, tau, k), before, lambda);
    });
    const mean = models.slice(0, t + 1).reduce((sum, model) => sum + normOf(model), 0) / (t + 1);
    lambda = normOf(delta) / mean;
    delta = delta.map((x) => x.map((value) => value / lambda));
    expect(normOf(delta)).toBeCloseTo(mean, 12);
  });
  // Tensor by tensor.
  const sums = shapes.map((_, k) =>
    models.map((taus) => taus[k] ?? new Float64Array(0)).reduce((sum, tau) => plus(sum, next(sum, tau, k))),
  );
  const mean = models.reduce((sum, model) => sum + normOf(model), 0) / models.length;
  const factor = mean / normOf(sums);
  sums.forEach((sum, k) => {
    expectEqual(
      sum.map((x) => x * factor),
      delta[k] ?? new Float64Array(0),
    );
  });
});
