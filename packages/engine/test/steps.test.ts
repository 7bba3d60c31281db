import { describe, expect, it } from "vitest";
import { type Element, input, number } from "../src/expr/expr.ts";
import { evaluate, evaluateNumber } from "../src/expr/scalar.ts";
import { cosineOf, gramOf, pairsOf, sumOf } from "../src/merge/methods/cosines.ts";
import { dropEvenly } from "../src/merge/methods/drop.ts";
import { totalWeight } from "../src/merge/methods/task-vectors.ts";
import { f32, merged } from "./method-examples.ts";

describe("weights that agree with the elected sign", () => {
  const all = (weights: readonly number[]) => weights.map((weight) => ({ weight, density: 1 }));

  it.each([[[0.3, 0.6, -0.9]], [[1000.1, 2000.2, -3000.3]], [[100.3, 70.9, -171.2]]])(
    "are not divided by when only the rounding of f32 is left of their sum: %j",
    (weights) => {
      const added = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
      const [result = Number.NaN] = merged("ties", [[1], [1], [-1]], { own: all(weights) });
      expect(result / added).toBeCloseTo(1, 5);
    },
  );

  it("are divided by when they are small but positive, whatever the other weights are", () => {
    expect(merged("ties", [[0], [5], [3]], { own: all([1, 1e-8, 0]) })).toEqual(f32(5));
    expect(merged("ties", [[0], [5]], { own: all([1, 1e-8]) })).toEqual(f32(5));
  });

  it("are divided by when one is negative and their sum is no rounding", () => {
    // 3 and −1·−2: (3 + 2)/(1 + 1 − 1)
    expect(merged("ties", [[3], [0], [-2]], { own: all([2, 5, -1]) })).toEqual(f32(8));
  });
});

describe("densities at their ends", () => {
  it.each(["della", "della_linear"])("%s keeps all at density 1 and nothing at density 0, whatever epsilon is", (id) => {
    const values = Array.from({ length: 200 }, (_, i) => i - 100);
    for (const rescale of ["probability", "l1", "none"] as const) {
      const run = (density: number) => merged(id, [values], { own: [{ density, epsilon: 0.3 }], params: { lambda: 1, rescale } });
      expect(run(1)).toEqual(Float32Array.from(values));
      expect(run(0).every((value) => value === 0)).toBe(true);
    }
  });

  it("a chance as small as the smallest random number above 0 still keeps an entry", () => {
    const parent = { delta: input(0), input: 0, own: { weight: 1, density: 2 ** -24 } };
    // Under this key the random number of the second entry is 0.
    const scene = { inputs: [f32(3, 3, 3)], keys: [[6307252, 0] as const] };
    expect(evaluate(dropEvenly(parent, "none").vector, scene)).toEqual(f32(0, 3, 0));
    expect(evaluate(dropEvenly(parent, "probability").vector, scene)).toEqual(f32(0, 3 * 2 ** 24, 0));
    const less = { ...parent, own: { weight: 1, density: 2 ** -25 } };
    expect(evaluate(dropEvenly(less, "none").vector, scene)).toEqual(f32(0, 0, 0));
  });

  it("TIES keeps one more than ⌊ρ·n⌋, and all that equal it, when equal magnitudes stay together", () => {
    const run = (values: readonly number[], density: number) =>
      merged("ties", [values], { own: [{ density }], params: { ties: "all" } });
    expect(run([4, -3, 2, 1], 0.5)).toEqual(f32(4, -3, 2, 0));
    expect(run([4, -3, 2, 1, 2], 0.4)).toEqual(f32(4, -3, 2, 0, 2));
    expect(run([4, -3, 2, 1], 0.1)).toEqual(f32(4, 0, 0, 0));
  });
});

describe("sums of weights and of inner products", () => {
  it("counts a sum of weights as 0 only below 1e-8", () => {
    expect([1e-8, 0.9e-8, -1e-8, -0.9e-8, 2].map((weight) => totalWeight([{ weight }]))).toEqual([1e-8, 1, -1e-8, 1, 2]);
  });

  it("knows each pair of vectors once, in either order", () => {
    const inputs = [f32(1, 2), f32(3, -1), f32(0, 5)];
    const vectors = inputs.map((_, k): Element => input(k));
    const gram = gramOf(vectors);
    const products = inputs.map((_, i) => inputs.map((__, j) => evaluateNumber(gram(i, j), { inputs })));
    expect(products).toEqual([
      [5, 1, 10],
      [1, 10, -5],
      [10, -5, 25],
    ]);
    expect(gram(0, 2)).toBe(gram(2, 0));
    expect(evaluateNumber(gram(0, 3), { inputs })).toBeNaN();
    expect(pairsOf(3)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expect(evaluateNumber(cosineOf(gram, 0, 1, 0), { inputs })).toBeCloseTo(1 / Math.sqrt(50), 12);
    expect(evaluateNumber(cosineOf(gram, 0, 1, 20), { inputs })).toBeCloseTo(1 / 20, 12);
    expect(evaluateNumber(cosineOf(gram, 0, 2, 1e-3), { inputs })).toBeCloseTo(2 / Math.sqrt(5), 12);
  });

  it("adds numbers up whatever their count", () => {
    for (const count of [0, 1, 2, 3, 7, 64, 1000])
      expect(evaluateNumber(sumOf(Array.from({ length: count }, (_, i) => number(i + 1))), { inputs: [] })).toBe(
        (count * (count + 1)) / 2,
      );
  });
});
