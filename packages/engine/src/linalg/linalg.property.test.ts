import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gram, identity, type Matrix, matrix, multiply, qr, type Svd, symmetricEigen, thinSvd, transpose } from "./index.ts";

const sizes = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }));

/** Reproducible numbers in [-1, 1). */
function random(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const next = random(seed);
  return matrix(rows, columns, Float64Array.from({ length: rows * columns }, next));
}

/** Dense, low rank, with zero columns, repeated columns, or columns of very different size. */
const matrices = fc
  .tuple(sizes, fc.nat(), fc.constantFrom("dense", "low rank", "sparse", "repeated", "graded", "zero", "identity" as const))
  .map(([[rows, columns], seed, kind]): Matrix => {
    const a = randomMatrix(rows, columns, seed);
    const column = (i: number) => (columns === 0 ? 0 : i % columns);
    if (kind === "low rank") return multiply(randomMatrix(rows, 2, seed), randomMatrix(2, columns, seed + 1));
    if (kind === "sparse")
      return matrix(
        rows,
        columns,
        a.data.map((x) => (x > 0.5 ? x : 0)),
      );
    if (kind === "repeated")
      return matrix(
        rows,
        columns,
        a.data.map((_, i) => a.data[i - (column(i) % 3)] ?? 0),
      );
    if (kind === "graded")
      return matrix(
        rows,
        columns,
        a.data.map((x, i) => x * 10 ** -column(i)),
      );
    if (kind === "zero")
      return matrix(
        rows,
        columns,
        a.data.map(() => 0),
      );
    return kind === "identity" ? identity(rows, columns) : a;
  });
const scales = fc.constantFrom(1, 1e-300, 1e-160, 1e150, 1e300);
const scaled = fc.tuple(matrices, scales).map(([a, scale]) => ({
  a: matrix(
    a.rows,
    a.columns,
    a.data.map((x) => x * scale),
  ),
  scale,
}));

const largestDifference = (a: Matrix, b: Matrix): number => {
  expect([a.rows, a.columns]).toEqual([b.rows, b.columns]);
  return a.data.reduce((largest, x, i) => Math.max(largest, Math.abs(x - (b.data[i] ?? Number.NaN))), 0);
};
const expectOrthonormal = (q: Matrix) => expect(largestDifference(gram(q), identity(q.columns))).toBeLessThan(1e-13);
const withFactors = (a: Matrix, s: Float64Array): Matrix =>
  matrix(
    a.rows,
    a.columns,
    a.data.map((x, i) => x * (s[i % a.columns] ?? Number.NaN)),
  );
const rebuilt = ({ u, s, v }: Svd): Matrix => multiply(withFactors(u, s), v, { transposeB: true });

/** Σ over the inner index, one element at a time. */
function plainProduct(a: Matrix, b: Matrix): Matrix {
  return matrix(
    a.rows,
    b.columns,
    Float64Array.from({ length: a.rows * b.columns }, (_, at) => {
      const [i, j] = [Math.floor(at / b.columns), at % b.columns];
      let sum = 0;
      for (let k = 0; k < a.columns; k += 1) sum += (a.data[i * a.columns + k] ?? 0) * (b.data[k * b.columns + j] ?? 0);
      return sum;
    }),
  );
}

describe("products", () => {
  test("equal the sums of the definition, transposed or not", () => {
    fc.assert(
      fc.property(sizes, fc.nat({ max: 40 }), fc.nat(), ([rows, columns], inner, seed) => {
        const [a, b] = [randomMatrix(rows, inner, seed), randomMatrix(inner, columns, seed + 1)];
        const expected = plainProduct(a, b);
        expect(multiply(a, b)).toEqual(expected);
        expect(multiply(transpose(a), b, { transposeA: true })).toEqual(expected);
        expect(multiply(a, transpose(b), { transposeB: true })).toEqual(expected);
      }),
    );
  });

  test("hold beyond the sizes of one strip", () => {
    const [a, b] = [randomMatrix(131, 700, 1), randomMatrix(700, 401, 2)];
    expect(largestDifference(multiply(a, b), plainProduct(a, b))).toBeLessThan(1e-12);
  });

  test("a Gram matrix is the product with the transpose, and exactly symmetric", () => {
    for (const [rows, columns] of [
      [0, 3],
      [3, 0],
      [1, 5],
      [90, 401],
    ] as const) {
      const a = randomMatrix(rows, columns, 3);
      const g = gram(a);
      expect(g).toEqual(transpose(g));
      expect(largestDifference(g, plainProduct(transpose(a), a))).toBeLessThan(1e-12);
    }
  });

  test("sizes that do not fit are refused", () => {
    expect(() => multiply(identity(2), identity(3))).toThrow("2×2 matrix cannot be multiplied by one of 3×3");
    expect(() => matrix(2, 2, [1, 2, 3])).toThrow("has 4 values, not 3");
  });
});

describe("QR", () => {
  test("Q is orthonormal, R upper triangular, and they give the matrix back", () => {
    fc.assert(
      fc.property(scaled, ({ a, scale }) => {
        const { q, r } = qr(a);
        expectOrthonormal(q);
        r.data.forEach((x, i) => {
          if (i % r.columns < Math.floor(i / r.columns)) expect(x).toBe(0);
        });
        expect(largestDifference(multiply(q, r), a) / scale).toBeLessThan(1e-13);
      }),
      { numRuns: 300 },
    );
  });

  test("holds across several panels", () => {
    const a = randomMatrix(150, 110, 7);
    const { q, r } = qr(a);
    expectOrthonormal(q);
    expect(largestDifference(multiply(q, r), a)).toBeLessThan(1e-13);
  });
});

describe("singular values", () => {
  test("U and V are orthonormal, values sorted and not negative, and they give the matrix back", () => {
    fc.assert(
      fc.property(scaled, ({ a, scale }) => {
        const svd = thinSvd(a);
        expect(svd.s.length).toBe(Math.min(a.rows, a.columns));
        expectOrthonormal(svd.u);
        expectOrthonormal(svd.v);
        expect([...svd.s]).toEqual([...svd.s].sort((x, y) => y - x));
        expect(svd.s.every((x) => x >= 0)).toBe(true);
        expect(largestDifference(rebuilt(svd), a) / scale).toBeLessThan(1e-13);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["slowly falling", (k: number) => 1 / (k + 1)],
    ["falling by powers of ten", (k: number) => 10 ** -k],
    ["in two clusters", (k: number) => (k < 20 ? 1 : 1e-9)],
    ["of low rank", (k: number) => (k < 5 ? 5 - k : 0)],
    ["all equal", () => 3],
  ])("known values come back: %s", (_, value) => {
    for (const [rows, columns] of [
      [60, 60],
      [130, 45],
      [45, 130],
    ] as const) {
      const size = Math.min(rows, columns);
      const s = Float64Array.from({ length: size }, (_, k) => value(k));
      const [u, v] = [qr(randomMatrix(rows, size, 1)).q, qr(randomMatrix(columns, size, 2)).q];
      const found = thinSvd(rebuilt({ u, s, v })).s;
      found.forEach((x, k) => {
        expect(Math.abs(x - (s[k] ?? Number.NaN))).toBeLessThan(1e-13 * (s[0] ?? 1));
      });
    }
  });

  test("a vector has its norm, a diagonal its magnitudes", () => {
    expect(thinSvd(matrix(1, 2, [3, 4])).s[0]).toBeCloseTo(5, 14);
    expect(thinSvd(matrix(2, 1, [3, 4])).s[0]).toBeCloseTo(5, 14);
    expect([...thinSvd(matrix(2, 2, [0, -7, 2, 0])).s]).toEqual([7, 2]);
  });

  test("holds across several panels and flushes of rotations, and gives the same bits again", () => {
    const a = randomMatrix(210, 170, 5);
    const svd = thinSvd(a);
    expectOrthonormal(svd.u);
    expectOrthonormal(svd.v);
    expect(largestDifference(rebuilt(svd), a)).toBeLessThan(1e-12);
    expect(thinSvd(a)).toEqual(svd);
  });

  test("a matrix with a NaN or an infinity is refused", () => {
    expect(() => thinSvd(matrix(1, 2, [1, Number.NaN]))).toThrow("element 1 is NaN");
    expect(() => qr(matrix(1, 2, [Number.POSITIVE_INFINITY, 1]))).toThrow("element 0 is Infinity");
  });
});

describe("eigenvalues", () => {
  test("of a symmetric matrix: orthonormal vectors that give the matrix back", () => {
    fc.assert(
      fc.property(scaled, ({ a, scale }) => {
        const size = Math.min(a.rows, a.columns);
        const at = (i: number, j: number) => a.data[Math.max(i, j) * a.columns + Math.min(i, j)] ?? 0;
        const data = Float64Array.from({ length: size * size }, (_, k) => at(Math.floor(k / size), k % size));
        const symmetric = matrix(size, size, data);
        const { values, vectors } = symmetricEigen(symmetric);
        expectOrthonormal(vectors);
        expect([...values]).toEqual([...values].sort((x, y) => y - x));
        const back = multiply(withFactors(vectors, values), vectors, { transposeB: true });
        expect(largestDifference(back, symmetric) / scale).toBeLessThan(1e-13);
      }),
      { numRuns: 300 },
    );
  });

  test("of a Gram matrix are the squared singular values", () => {
    const a = randomMatrix(80, 50, 9);
    const { values } = symmetricEigen(gram(a));
    thinSvd(a).s.forEach((s, i) => {
      expect(Math.abs((values[i] ?? Number.NaN) - s * s)).toBeLessThan(1e-12);
    });
  });

  test("of [[2, 1], [1, 2]] are 3 and 1", () => {
    const { values } = symmetricEigen(matrix(2, 2, [2, 1, 1, 2]));
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
  });

  test("a matrix that is not square is refused", () => {
    expect(() => symmetricEigen(matrix(1, 2, [1, 2]))).toThrow("not 1×2");
  });
});
