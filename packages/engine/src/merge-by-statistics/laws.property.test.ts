import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DfModel, dfMerge } from "./df-merge.ts";
import { interpolateFisher } from "./fisher-grid.ts";
import { fisherMerge } from "./fisher-merge.ts";
import type { TensorMap } from "./tensor-map.ts";
import { trim } from "./trim.ts";

const size = 6;
const vector = (low: number, high: number) =>
  fc
    .array(fc.double({ min: low, max: high, noNaN: true }), { minLength: size, maxLength: size })
    .map((values) => Float32Array.from(values));
const map = (values: Float32Array): TensorMap => new Map([["w", values]]);
const filled = (value: number): TensorMap => map(new Float32Array(size).fill(value));
const values = (result: TensorMap): Float32Array => result.get("w") ?? new Float32Array(0);
const at = (tensor: TensorMap, p: number): number => values(tensor)[p] ?? Number.NaN;
const weights = vector(-3, 3).map(map);
const information = vector(1e-3, 5).map(map);
const lambda = fc.double({ min: 0, max: 1.5, noNaN: true });
const model: fc.Arbitrary<DfModel> = fc.record({ delta: weights, fisher: information, lambda });
const models = fc.array(model, { minLength: 1, maxLength: 4 });

function expectNear(found: TensorMap, wanted: (p: number) => number, tolerance = 1e-6): void {
  expect(values(found)).toHaveLength(size);
  values(found).forEach((value, p) => {
    expect(Math.abs(value - wanted(p)), `element ${p}`).toBeLessThan(tolerance * Math.max(1, Math.abs(wanted(p))));
  });
}

describe("DF-Merge", () => {
  test("λ = 0 gives the base", () => {
    fc.assert(
      fc.property(weights, models, (base, given) => {
        const still = given.map((each) => ({ ...each, lambda: 0 }));
        expectNear(dfMerge(base, still), (p) => at(base, p), Number.EPSILON);
      }),
    );
  });

  test("without Fisher, or with the same everywhere, it is task arithmetic", () => {
    fc.assert(
      fc.property(weights, models, fc.double({ min: 0.1, max: 9, noNaN: true }), (base, given, level) => {
        const wanted = (p: number) =>
          at(base, p) + given.reduce((sum, { delta, lambda: l }) => sum + Number(l) * at(delta, p), 0);
        expectNear(
          dfMerge(
            base,
            given.map((each) => ({ ...each, fisher: null })),
          ),
          wanted,
        );
        expectNear(
          dfMerge(
            base,
            given.map((each) => ({ ...each, fisher: filled(level) })),
          ),
          wanted,
        );
      }),
    );
  });

  test("λ = 1/M with the experts' own Fisher is Fisher merging without normalisation", () => {
    fc.assert(
      fc.property(weights, models, (base, given) => {
        const experts = given.map(({ delta, fisher }) => ({
          weights: map(values(delta).map((value, p) => value + at(base, p))),
          fisher: fisher as TensorMap,
        }));
        const fisher = fisherMerge(experts, { normalise: false, floor: 0 });
        expectNear(
          dfMerge(
            base,
            given.map((each) => ({ ...each, lambda: 1 / given.length })),
          ),
          (p) => at(fisher, p),
          2e-6,
        );
      }),
    );
  });

  test("of one model it is base + λτ, whatever its Fisher", () => {
    fc.assert(
      fc.property(weights, model, (base, only) => {
        expectNear(dfMerge(base, [only]), (p) => at(base, p) + Number(only.lambda) * at(only.delta, p));
      }),
    );
  });

  test("equal task vectors and λ add up: θ₀ + Mλτ", () => {
    fc.assert(
      fc.property(weights, weights, models, lambda, (base, delta, given, same) => {
        const result = dfMerge(
          base,
          given.map(({ fisher }) => ({ fisher, delta, lambda: same })),
        );
        expectNear(result, (p) => at(base, p) + given.length * same * at(delta, p));
      }),
    );
  });

  test("a model with λ = 0 is not the same as no model: it shrinks the others", () => {
    const delta = filled(1);
    const one: DfModel = { delta, fisher: filled(1), lambda: 1 };
    const silent: DfModel = { delta, fisher: filled(3), lambda: 0 };
    expectNear(dfMerge(filled(0), [one]), () => 1);
    expectNear(dfMerge(filled(0), [one, silent]), () => 0.5);
  });

  test("the order of the models does not matter, nor a scale of all Fisher together", () => {
    fc.assert(
      fc.property(weights, models, fc.double({ min: 0.5, max: 20, noNaN: true }), (base, given, scale) => {
        const plain = dfMerge(base, given);
        expectNear(dfMerge(base, [...given].reverse()), (p) => at(plain, p));
        const scaled = given.map((each) => ({
          ...each,
          fisher: map(values(each.fisher as TensorMap).map((value) => value * scale)),
        }));
        expectNear(dfMerge(base, scaled), (p) => at(plain, p), 1e-5);
      }),
    );
  });

  test("a Fisher far above the others decides: θ₀ + Mλⱼτⱼ", () => {
    fc.assert(
      fc.property(weights, fc.array(model, { minLength: 2, maxLength: 4 }), (base, given) => {
        const loud = given.map((each, i) => (i === 0 ? { ...each, fisher: filled(1e12) } : each));
        const [first] = given;
        expectNear(
          dfMerge(base, loud),
          (p) => at(base, p) + given.length * Number(first?.lambda) * at(first?.delta ?? base, p),
          1e-5,
        );
      }),
    );
  });

  test("every element of θ − θ₀ lies between the least and the most of Mλᵢτᵢ", () => {
    fc.assert(
      fc.property(weights, models, (base, given) => {
        const result = dfMerge(base, given);
        for (let p = 0; p < size; p += 1) {
          const steps = given.map(({ delta, lambda: l }) => given.length * Number(l) * at(delta, p));
          const step = at(result, p) - at(base, p);
          expect(step).toBeGreaterThanOrEqual(Math.min(...steps) - 1e-5);
          expect(step).toBeLessThanOrEqual(Math.max(...steps) + 1e-5);
        }
      }),
    );
  });

  test("granularity: rows and tensors weigh by the mean of their Fisher", () => {
    const base = filled(0);
    const fisher = map(Float32Array.of(1, 3, 5, 7, 9, 11));
    const pair = (own: TensorMap): DfModel[] => [
      { delta: filled(1), fisher: own, lambda: 1 },
      { delta: filled(0), fisher: filled(2), lambda: 1 },
    ];
    const byRow = dfMerge(base, pair(fisher), { granularity: "row", rowsOf: () => 2 });
    expectNear(byRow, (p) => (p < 3 ? (2 * 3) / 5 : (2 * 9) / 11));
    expectNear(dfMerge(base, pair(fisher), { granularity: "tensor" }), () => (2 * 6) / 8);
  });

  test("what cannot be merged is named", () => {
    const delta = filled(1);
    expect(() => dfMerge(delta, [])).toThrow("at least one model");
    expect(() => dfMerge(delta, [{ delta, fisher: null, lambda: Number.NaN }])).toThrow('λ of model 0 is NaN for "w".');
    expect(() => dfMerge(delta, [{ delta: new Map(), fisher: null, lambda: 1 }])).toThrow(
      'The task vector of model 0 has no tensor "w".',
    );
    expect(() => dfMerge(delta, [{ delta, fisher: new Map([["w", new Float32Array(2)]]), lambda: 1 }])).toThrow(
      'The Fisher information of model 0: tensor "w" has 2 elements, not 6.',
    );
  });
});

describe("Fisher merging", () => {
  const some = fc.array(fc.record({ weights, fisher: information }), { minLength: 1, maxLength: 4 });

  test("equal Fisher gives the average by coefficient", () => {
    fc.assert(
      fc.property(some, (given) => {
        const same = given.map((each, i) => ({ ...each, fisher: filled(2), coefficient: i + 1 }));
        const total = (given.length * (given.length + 1)) / 2;
        expectNear(fisherMerge(same), (p) =>
          same.reduce((sum, { weights: w, coefficient }) => sum + (coefficient * at(w, p)) / total, 0),
        );
      }),
    );
  });

  test("lies between the least and the most of the models; their order and, normalised, their scale do not matter", () => {
    fc.assert(
      fc.property(some, (given) => {
        const result = fisherMerge(given, { favourTarget: false });
        for (let p = 0; p < size; p += 1) {
          const all = given.map(({ weights: w }) => at(w, p));
          expect(at(result, p)).toBeGreaterThanOrEqual(Math.min(...all) - 1e-6);
          expect(at(result, p)).toBeLessThanOrEqual(Math.max(...all) + 1e-6);
        }
        expectNear(fisherMerge([...given].reverse(), { favourTarget: false }), (p) => at(result, p));
        const scaled = given.map((each, i) =>
          i === 0 ? { ...each, fisher: map(values(each.fisher).map((value) => value * 64)) } : each,
        );
        expectNear(fisherMerge(scaled, { favourTarget: false }), (p) => at(result, p), 1e-5);
      }),
    );
  });

  test("where only the target is floored, donors that know nothing defer to it; where nobody is, the average stands", () => {
    const given = [
      { weights: filled(1), fisher: filled(0) },
      { weights: filled(5), fisher: map(Float32Array.of(0, 0, 0, 0, 0, 1)) },
    ];
    const favoured = fisherMerge(given, { normalise: false });
    expect(at(favoured, 0)).toBe(1);
    expect(at(favoured, 5)).toBeCloseTo(5, 4);
    expect(at(fisherMerge(given, { normalise: false, floor: 0 }), 0)).toBe(3);
  });
});

describe("trimming", () => {
  test("keeps exactly the wanted number, the largest, the first among equals", () => {
    fc.assert(
      fc.property(vector(-2, 2), fc.double({ min: 0, max: 1, noNaN: true }), (delta, density) => {
        const kept = values(trim(map(delta), density));
        const wanted = Math.round(density * size);
        const order = [...delta.keys()]
          .sort((a, b) => Math.abs(delta[b] ?? 0) - Math.abs(delta[a] ?? 0) || a - b)
          .slice(0, wanted);
        kept.forEach((value, p) => {
          expect(value).toBe(order.includes(p) ? delta[p] : 0);
        });
      }),
    );
    expect(() => trim(filled(1), 1.5)).toThrow(RangeError);
  });
});

describe("Fisher information between measurements", () => {
  const point = (lambda: number, fisher: TensorMap) => ({ lambda, fisher });

  test("is what was measured where it was, its geometric mean half way, and constant outside", () => {
    fc.assert(
      fc.property(information, information, (a, b) => {
        const grid = [point(0, a), point(1, b)];
        for (const [lambda, wanted] of [
          [0, a],
          [-3, a],
          [1, b],
          [7, b],
        ] as const)
          expectNear(interpolateFisher(grid, lambda), (p) => at(wanted, p));
        expectNear(interpolateFisher(grid, 0.5), (p) => Math.sqrt(at(a, p) * at(b, p)), 1e-5);
      }),
    );
  });

  test("no measurement, or measurements out of order, are refused", () => {
    expect(() => interpolateFisher([], 1)).toThrow("at least one measurement");
    expect(() => interpolateFisher([point(1, filled(1)), point(1, filled(1))], 1)).toThrow("must ascend");
  });
});
