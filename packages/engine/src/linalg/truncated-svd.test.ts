import { describe, expect, test } from "vitest";
import {
  columnRange,
  energyFrom,
  gram,
  identity,
  type Matrix,
  matrix,
  multiply,
  numericalRank,
  qr,
  rankForEnergy,
  sumOfSquares,
  thinSvd,
  truncatedSvd,
  zeros,
} from "./index.ts";

function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state / 2 ** 31;
    }),
  );
}

const withFactors = (a: Matrix, s: Float64Array): Matrix =>
  matrix(
    a.rows,
    a.columns,
    a.data.map((x, i) => x * (s[i % a.columns] ?? Number.NaN)),
  );

/** A matrix with these singular values. */
function withValues(rows: number, columns: number, value: (k: number) => number): { a: Matrix; s: Float64Array } {
  const size = Math.min(rows, columns);
  const s = Float64Array.from({ length: size }, (_, k) => value(k));
  const [u, v] = [qr(randomMatrix(rows, size, 1)).q, qr(randomMatrix(columns, size, 2)).q];
  return { a: multiply(withFactors(u, s), v, { transposeB: true }), s };
}

const largest = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? Number.NaN))), 0);

describe("truncated SVD", () => {
  test.each([
    ["like 1/k", (k: number) => 1 / (k + 1), 1e-11, 1e-12],
    ["like 1/√k", (k: number) => (k + 1) ** -0.5, 1e-10, 1e-11],
    ["by a third each", (k: number) => 3 ** -k, 1e-13, 1e-13],
    ["hardly", (k: number) => 2 - k / 1000, 1e-3, 1e-5],
  ])("values that fall %s come out as accurate as stated", (_, value, valueError, tailError) => {
    for (const [rows, columns] of [
      [300, 240],
      [240, 300],
    ] as const) {
      const { a, s } = withValues(rows, columns, value);
      const found = truncatedSvd(a, 8);
      expect(found.exact).toBe(false);
      expect(largest(found.s, s.slice(0, 8))).toBeLessThan(valueError * (s[0] ?? 1));
      expect(Math.abs(found.tailEnergy - energyFrom(s, 8))).toBeLessThan(tailError * found.energy);
      expect(largest(found.s, s.slice(0, 8))).toBeLessThan(Math.max(1e-13, found.residual) * (s[0] ?? 1));
      for (const vectors of [found.u, found.v]) expect(largest(gram(vectors).data, identity(8).data)).toBeLessThan(1e-13);
      const rest = matrix(rows, columns, a.data.slice());
      const kept = multiply(withFactors(found.u, found.s), found.v, { transposeB: true });
      rest.data.forEach((x, i) => {
        rest.data[i] = x - (kept.data[i] ?? Number.NaN);
      });
      expect(Math.abs(sumOfSquares(rest.data) - found.tailEnergy)).toBeLessThan(1e-12 * found.energy);
    }
  });

  test("a rank below the one asked for leaves zeros and orthonormal vectors", () => {
    const { a } = withValues(300, 240, (k) => (k < 3 ? 1 : 0));
    const { s, u, v, exact } = truncatedSvd(a, 8);
    expect(exact).toBe(false);
    s.forEach((x, k) => {
      expect(Math.abs(x - (k < 3 ? 1 : 0))).toBeLessThan(1e-13);
    });
    for (const vectors of [u, v]) expect(largest(gram(vectors).data, identity(8).data)).toBeLessThan(1e-13);
  });

  test("tiny and huge matrices work like others", () => {
    const { a, s } = withValues(200, 200, (k) => 2 ** -k);
    for (const scale of [2 ** -1000, 2 ** 900]) {
      const found = truncatedSvd(
        matrix(
          200,
          200,
          a.data.map((x) => x * scale),
        ),
        4,
      );
      found.s.forEach((x, k) => {
        expect(x / scale).toBeCloseTo(s[k] ?? Number.NaN, 12);
      });
    }
  });

  test("small matrices and high ranks are cut from the thin decomposition", () => {
    for (const [a, rank] of [
      [randomMatrix(20, 30, 1), 5],
      [randomMatrix(150, 140, 2), 140],
    ] as const) {
      const { u, s, v, exact, tailEnergy } = truncatedSvd(a, rank);
      const thin = thinSvd(a);
      expect(exact).toBe(true);
      expect(largest(s, thin.s.slice(0, rank))).toBeLessThan(1e-13);
      expect(largest(u.data, columnRange(thin.u, 0, rank).data)).toBeLessThan(1e-12);
      expect(largest(v.data, columnRange(thin.v, 0, rank).data)).toBeLessThan(1e-12);
      expect(tailEnergy).toBeCloseTo(energyFrom(thin.s, rank), 10);
    }
  });

  test("rank 0, a size of 0 and a zero matrix are answered", () => {
    expect(truncatedSvd(randomMatrix(3, 4, 1), 0)).toMatchObject({ s: new Float64Array(0), u: zeros(3, 0), residual: 0 });
    expect(truncatedSvd(zeros(0, 4), 3)).toMatchObject({ s: new Float64Array(0), tailEnergy: 0 });
    const nothing = truncatedSvd(zeros(300, 300), 4);
    expect([...nothing.s]).toEqual([0, 0, 0, 0]);
    expect(largest(gram(nothing.u).data, identity(4).data)).toBeLessThan(1e-13);
    expect(() => truncatedSvd(zeros(3, 3), -1)).toThrow("not -1");
  });

  test("gives the same bits again", () => {
    const { a } = withValues(300, 240, (k) => 1 / (k + 1));
    expect(truncatedSvd(a, 8)).toEqual(truncatedSvd(a, 8));
  });
});

describe("rank", () => {
  test("from energy is the smallest that holds the share", () => {
    const s = [4, 2, 1, 0]; // energies 16, 4, 1 of 21
    expect([0, 0.7, 16 / 21, 0.77, 0.95, 0.96, 1].map((share) => rankForEnergy(s, share))).toEqual([0, 1, 1, 2, 2, 3, 3]);
    expect(rankForEnergy([], 0.5)).toBe(0);
    expect(rankForEnergy([0, 0], 1)).toBe(0);
    expect(rankForEnergy([3e-200, 4e-201], 0.9)).toBe(1);
    expect(rankForEnergy([1, 1e-200], 1)).toBe(2);
    expect(() => rankForEnergy(s, 1.1)).toThrow("between 0 and 1");
  });

  test("of a matrix counts the values that stand clear of rounding", () => {
    const { a } = withValues(40, 30, (k) => (k < 7 ? 1 : 0));
    expect(numericalRank(thinSvd(a).s, 40, 30)).toBe(7);
    expect(numericalRank(new Float64Array(3), 3, 3)).toBe(0);
    expect(numericalRank(new Float64Array(0), 0, 3)).toBe(0);
  });
});
