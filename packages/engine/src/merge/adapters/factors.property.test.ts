import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { energyFrom, matrix, multiply, thinSvd } from "../../linalg/index.ts";
import {
  adapterDelta,
  addAdapterRows,
  combineCat,
  combineLinear,
  combineSvd,
  extractAdapter,
  type Factors,
  robustMerge,
  type Weighted,
} from "./index.ts";

function random(length: number, seed: number): Float32Array {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return Float32Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

const factorsOf = (rows: number, columns: number, rank: number, seed: number, scale = 1): Factors => ({
  a: random(rank * columns, seed),
  b: random(rows * rank, seed + 1),
  rank,
  rows,
  columns,
  scale,
});

/** scale · b · a in f64. */
function deltaOf({ a, b, rank, rows, columns, scale }: Factors): Float64Array {
  return multiply(matrix(rows, rank, b), matrix(rank, columns, a)).data.map((x) => scale * x);
}

function sumOfDeltas(parts: readonly Weighted[]): Float64Array {
  const deltas = parts.map(({ factors, weight }) => deltaOf(factors).map((x) => weight * x));
  return deltas.reduce((sum, delta) => sum.map((x, i) => x + (delta[i] ?? Number.NaN)));
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Math.sqrt(Array.from(a, (x, i) => (x - (b[i] ?? Number.NaN)) ** 2).reduce((sum, x) => sum + x, 0));
};
const norm = (a: ArrayLike<number>): number => distance(a, new Float64Array(a.length));

const shapes = fc.record({ rows: fc.integer({ min: 1, max: 12 }), columns: fc.integer({ min: 1, max: 12 }), seed: fc.nat() });
const someParts = fc
  .tuple(
    shapes,
    fc.array(
      fc.record({
        rank: fc.integer({ min: 0, max: 6 }),
        weight: fc.constantFrom(1, 0.5, -0.7, 0),
        scale: fc.constantFrom(1, 2, 0.25),
      }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
  )
  .map(([{ rows, columns, seed }, parts]): readonly Weighted[] =>
    parts.map(({ rank, weight, scale }, i) => ({ factors: factorsOf(rows, columns, rank, seed + 7 * i, scale), weight })),
  );

describe("adding a delta to rows", () => {
  test("is the stated sum, rounded after every operation", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 11 }), ({ rows, columns, seed }, rank) => {
        const { a, b, scale } = factorsOf(rows, columns, rank, seed, 0.3);
        const base = random(rows * columns, seed + 5);
        const expected = base.map((w, at) => {
          const [i, j] = [Math.floor(at / columns), at % columns];
          let sum = 0;
          for (let k = 0; k < rank; k += 1)
            sum = Math.fround(sum + Math.fround((b[i * rank + k] ?? Number.NaN) * (a[k * columns + j] ?? Number.NaN)));
          return Math.fround(w + Math.fround(Math.fround(scale) * sum));
        });
        const whole = base.slice();
        addAdapterRows(whole, 0, rows, { a, b, rank, columns, scale });
        expect(whole).toEqual(expected);
        const split = Math.floor(rows / 3);
        const parts = base.slice();
        addAdapterRows(parts.subarray(0, split * columns), 0, split, { a, b, rank, columns, scale });
        addAdapterRows(parts.subarray(split * columns), split, rows, { a, b, rank, columns, scale });
        expect(parts).toEqual(expected);
      }),
    );
  });

  test("baked in and taken out again gives the base", () => {
    const factors = factorsOf(9, 13, 5, 1, 0.5);
    const base = random(9 * 13, 2);
    const baked = base.slice();
    addAdapterRows(baked, 0, 9, factors);
    expect(distance(baked, base)).toBeGreaterThan(0.1);
    addAdapterRows(baked, 0, 9, { ...factors, scale: -factors.scale });
    expect(distance(baked, base)).toBeLessThan(1e-6);
  });

  test("rows that do not fit are refused", () => {
    expect(() => addAdapterRows(new Float32Array(5), 0, 1, factorsOf(3, 4, 2, 1))).toThrow("have 4 elements, not 5");
  });
});

describe("combinations", () => {
  test("cat, and svd of full rank, are the weighted sum of the deltas", () => {
    fc.assert(
      fc.property(someParts, (parts) => {
        const expected = sumOfDeltas(parts);
        const tolerance = 1e-6 * (1 + norm(expected));
        const total = parts.reduce((sum, { factors }) => sum + factors.rank, 0);
        const cat = combineCat(parts);
        expect(cat.rank).toBe(total);
        expect(distance(deltaOf(cat), expected)).toBeLessThan(tolerance);
        const { factors, tailEnergy } = combineSvd(parts, total);
        expect(tailEnergy).toBe(0);
        expect(distance(deltaOf(factors), expected)).toBeLessThan(tolerance);
      }),
    );
  });

  test("svd of any rank leaves the energy of the values behind it", () => {
    fc.assert(
      fc.property(someParts, fc.integer({ min: 0, max: 8 }), (parts, rank) => {
        const expected = sumOfDeltas(parts);
        const [first] = parts;
        const { rows, columns } = first?.factors ?? { rows: 0, columns: 0 };
        const { factors, singularValues, tailEnergy } = combineSvd(parts, rank);
        const s = thinSvd(matrix(rows, columns, expected)).s;
        expect(distance(singularValues, s.subarray(0, singularValues.length))).toBeLessThan(1e-12 * (1 + norm(s)));
        expect(Math.abs(tailEnergy - energyFrom(s, rank))).toBeLessThan(1e-11 * (1 + norm(s) ** 2));
        expect(Math.abs(distance(deltaOf(factors), expected) - Math.sqrt(tailEnergy))).toBeLessThan(1e-6 * (1 + norm(s)));
      }),
    );
  });

  test("svd keeps the largest rank by default, b carrying the values and a orthonormal", () => {
    const { factors } = combineSvd([
      { factors: factorsOf(9, 8, 2, 1), weight: 1 },
      { factors: factorsOf(9, 8, 3, 2), weight: 1 },
    ]);
    expect(factors.rank).toBe(3);
    const a = matrix(3, 8, factors.a);
    expect(distance(multiply(a, a, { transposeB: true }).data, [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-6);
  });

  test("linear of one adapter is its weighted delta, also with a negative weight", () => {
    for (const weight of [1, 0.3, -2]) {
      const factors = factorsOf(5, 6, 3, 4, 0.5);
      const combined = combineLinear([{ factors, weight }]);
      expect(combined).toMatchObject({ rank: 3, scale: 1 });
      expect(distance(deltaOf(combined), sumOfDeltas([{ factors, weight }]))).toBeLessThan(1e-6);
    }
  });

  test("linear sums the factors, cross terms included", () => {
    const [first, second] = [factorsOf(5, 6, 3, 4), factorsOf(5, 6, 3, 9)];
    const combined = combineLinear([
      { factors: first, weight: 4 },
      { factors: second, weight: -9 },
    ]);
    const expectedA = first.a.map((x, i) => 2 * x - 3 * (second.a[i] ?? Number.NaN));
    const expectedB = first.b.map((x, i) => 2 * x + 3 * (second.b[i] ?? Number.NaN));
    expect(distance(combined.a, expectedA)).toBeLessThan(1e-6);
    expect(distance(combined.b, expectedB)).toBeLessThan(1e-6);
  });

  test("weights 1 and 0 give the first adapter", () => {
    const parts = [
      { factors: factorsOf(5, 6, 3, 4, 2), weight: 1 },
      { factors: factorsOf(5, 6, 3, 9), weight: 0 },
    ];
    const expected = sumOfDeltas(parts.slice(0, 1));
    for (const combined of [combineLinear(parts), combineCat(parts), combineSvd(parts).factors])
      expect(distance(deltaOf(combined), expected)).toBeLessThan(1e-5);
  });

  test("no adapter, other shapes, other ranks and broken weights are refused", () => {
    const [one, wide, deep] = [factorsOf(5, 6, 3, 1), factorsOf(5, 7, 3, 1), factorsOf(5, 6, 4, 1)];
    const both = (factors: Factors) => [
      { factors: one, weight: 1 },
      { factors, weight: 1 },
    ];
    expect(() => combineCat([])).toThrow("there is none");
    expect(() => combineCat(both(wide))).toThrow("Adapter 1 belongs to a tensor of shape [5, 7], the first one to [5, 6]");
    expect(() => combineLinear(both(deep))).toThrow("Adapter 1 has rank 4, the first 3; use cat or svd.");
    expect(() => combineSvd([{ factors: one, weight: Number.NaN }])).toThrow("weight NaN");
    expect(() => combineSvd(both(deep), 1.5)).toThrow("not 1.5");
  });
});

describe("extraction", () => {
  test("of full rank gives the delta back, of any rank it leaves the tail energy", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 14 }), ({ rows, columns, seed }, rank) => {
        const [fineTuned, base] = [random(rows * columns, seed), random(rows * columns, seed + 1)];
        const delta = Float64Array.from(fineTuned, (x, i) => x - (base[i] ?? Number.NaN));
        const { factors, tailEnergy, energy, singularValues } = extractAdapter(fineTuned, base, { rows, columns, rank });
        expect(factors.rank).toBe(Math.min(rank, rows, columns));
        expect(singularValues.length).toBe(factors.rank);
        expect(energy).toBeCloseTo(norm(delta) ** 2, 10);
        const error = distance(deltaOf(factors), delta);
        expect(Math.abs(error - Math.sqrt(tailEnergy))).toBeLessThan(1e-5);
        if (rank >= Math.min(rows, columns)) expect(error).toBeLessThan(1e-5);
        // √s on both sides: rows of a and columns of b have the same norm.
        const norms = (values: Float32Array, at: (k: number, i: number) => number, length: number) =>
          Array.from({ length: factors.rank }, (_, k) => norm(Array.from({ length }, (_, i) => values[at(k, i)] ?? Number.NaN)));
        const ofA = norms(factors.a, (k, i) => k * columns + i, columns);
        const ofB = norms(factors.b, (k, i) => i * factors.rank + k, rows);
        expect(distance(ofA, ofB)).toBeLessThan(1e-5);
      }),
    );
  });

  test("finds an adapter that was baked in, on a matrix large enough for the iteration", () => {
    const factors = factorsOf(200, 160, 4, 3, 0.1);
    const base = new Float32Array(200 * 160);
    const {
      factors: found,
      tailEnergy,
      energy,
    } = extractAdapter(adapterDelta(factors), base, { rows: 200, columns: 160, rank: 4 });
    expect(tailEnergy / energy).toBeLessThan(1e-12);
    expect(distance(deltaOf(found), deltaOf(factors))).toBeLessThan(1e-5 * norm(deltaOf(factors)));
  });

  test("by energy takes the smallest rank that holds it, at most the rank given", () => {
    // Energies 16, 9, 4, 1 of 30.
    const weights = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 4 - i / 5 : 0));
    const ranks = [0, 0.5, 0.8, 0.95, 0.97, 1].map((energy) => {
      const { factors, tailEnergy } = extractAdapter(weights, new Float32Array(16), { rows: 4, columns: 4, rank: 4, energy });
      expect(30 - tailEnergy).toBeGreaterThanOrEqual(30 * energy - 1e-9);
      return factors.rank;
    });
    expect(ranks).toEqual([0, 1, 2, 3, 4, 4]);
    const capped = extractAdapter(weights, new Float32Array(16), { rows: 4, columns: 4, rank: 2, energy: 1 });
    expect(capped.factors.rank).toBe(2);
    expect(capped.tailEnergy).toBeCloseTo(5, 12);
  });

  test("equal weights give rank 0", () => {
    const weights = random(12, 1);
    const { factors, energy } = extractAdapter(weights, weights, { rows: 3, columns: 4, rank: 2 });
    expect(factors).toMatchObject({ rank: 0, a: new Float32Array(0), b: new Float32Array(0) });
    expect(energy).toBe(0);
    expect(adapterDelta(factors)).toEqual(new Float32Array(12));
    expect(() => extractAdapter(weights, new Float32Array(3), { rows: 3, columns: 4, rank: 2 })).toThrow("equal shapes");
  });
});

describe("robust merge", () => {
  const adapters = [1, 2, 3].map((seed) => factorsOf(6, 10, 4, 20 * seed, seed));

  test("keeping everything is a plain sum of a and mean of b", () => {
    const { a, b } = robustMerge(
      adapters.map((one) => ({ ...one, scale: 1 })),
      { keep: 1, coefficient: 3 },
    );
    const mean = (side: "a" | "b", i: number) => adapters.reduce((sum, one) => sum + (one[side][i] ?? Number.NaN), 0) / 3;
    expect(
      distance(
        a,
        a.map((_, i) => 9 * mean("a", i)),
      ),
    ).toBeLessThan(1e-5);
    expect(
      distance(
        b,
        b.map((_, i) => 3 * mean("b", i)),
      ),
    ).toBeLessThan(1e-5);
  });

  test("one adapter, kept whole with coefficient 1, stays what it is", () => {
    for (const factors of adapters) {
      const merged = robustMerge([factors], { keep: 1, coefficient: 1 });
      expect(merged).toMatchObject({ scale: 1, rank: 4 });
      expect(distance(deltaOf(merged), deltaOf(factors))).toBeLessThan(1e-5);
    }
  });

  test("the order of the adapters changes nothing but the last rounding", () => {
    const [forward, backward] = [robustMerge(adapters), robustMerge([...adapters].reverse())];
    expect(distance(forward.a, backward.a)).toBeLessThan(1e-6);
    expect(distance(forward.b, backward.b)).toBeLessThan(1e-5);
  });

  test("by hand: the row that pruning shrank most is scaled up", () => {
    const one: Factors = {
      a: Float32Array.from([4, 1, 3, 2]),
      b: Float32Array.from([1, 5]),
      rank: 2,
      rows: 1,
      columns: 2,
      scale: 1,
    };
    const other: Factors = { ...one, a: Float32Array.from([4, 0, 0, 4]), b: Float32Array.from([2, 2]) };
    // Kept: from the first of two, or the second of four magnitudes on. s is (5/4, 1), and (1, 1) for the other.
    const { a, b } = robustMerge([one, other], { keep: 0.5, distinct: 1, coefficient: 1 });
    expect([...a]).toEqual([8, 0, 3, 6]);
    expect(b[0]).toBeCloseTo((1 * 1.25 + 2 * 1) / 2.25, 6);
    expect(b[1]).toBeCloseTo((5 * 1 + 2 * 1) / 2, 6);
    // Raised to the larger of both, the scales of the first are 5/4 twice.
    expect(robustMerge([one, other], { keep: 0.5, distinct: 0.5, coefficient: 1 }).b[1]).toBeCloseTo((5 * 1.25 + 2) / 2.25, 6);
  });

  test("a row that would be pruned whole keeps its largest entry, and zeros do no harm", () => {
    const factors: Factors = {
      a: Float32Array.from([9, 8, 0.1, -0.2, 0, 0]),
      b: Float32Array.from([1, 1, 1]),
      rank: 3,
      rows: 1,
      columns: 2,
      scale: 1,
    };
    const { a, b } = robustMerge([factors], { keep: 0.3, distinct: 0, coefficient: 1 });
    expect(a).toEqual(Float32Array.from([9, 8, 0, -0.2, 0, 0]));
    expect(b.every(Number.isFinite)).toBe(true);
  });

  test("options out of range, other ranks and no adapter are refused", () => {
    expect(() => robustMerge(adapters, { keep: 0 })).toThrow("keep is over 0");
    expect(() => robustMerge(adapters, { distinct: 2 })).toThrow("distinct lies between 0 and 1");
    expect(() => robustMerge(adapters, { coefficient: Number.NaN })).toThrow("finite number");
    expect(() => robustMerge([...adapters, factorsOf(6, 10, 2, 1)])).toThrow("Adapter 3 has rank 2, the first 4.");
    expect(() => robustMerge([])).toThrow("there is none");
  });
});
