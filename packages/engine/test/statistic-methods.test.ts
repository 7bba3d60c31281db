import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeModel } from "../src/merge/merge-values.ts";
import { type DfModel, dfMerge, fisherMerge, interpolateFisher, type TensorMap } from "../src/merge-by-statistics/index.ts";
import { method } from "./method-examples.ts";

// The pure functions in f64 are the oracles of the streamed methods in f32.

const names = ["a", "b"];
const size = 12;
const columns = 4;
const list = (low: number, high: number) =>
  fc
    .array(fc.double({ min: low, max: high, noNaN: true }), { minLength: size, maxLength: size })
    .map((values) => Float32Array.from(values));
const model = (low: number, high: number): fc.Arbitrary<TensorMap> =>
  fc
    .tuple(list(low, high), list(low, high))
    .map((tensors) => new Map(names.map((name, t) => [name, tensors[t] as Float32Array])));
/** Powers of ten, as Fisher information has them. */
const information = fc
  .tuple(model(-9, 1), model(0, 1))
  .map(
    ([powers, kept]) =>
      new Map(
        names.map((name) => [name, at(powers, name).map((power, p) => ((at(kept, name)[p] ?? 0) < 0.1 ? 0 : 10 ** power))]),
      ),
  );
const weights = model(-2, 2);
const lambdas = [0, 0.5, 1];
const parent = fc.record({
  weights,
  grid: fc.tuple(information, information, information),
  lambda: fc.double({ min: 0, max: 1, noNaN: true }),
  weight: fc.double({ min: 0.1, max: 3, noNaN: true }),
  examples: fc.double({ min: 1, max: 1e5, noNaN: true }),
});
const parents = fc.array(parent, { minLength: 1, maxLength: 4 });
type Parent = typeof parent extends fc.Arbitrary<infer P> ? P : never;

const at = (map: TensorMap, name: string): Float32Array => map.get(name) ?? new Float32Array(size);

interface Merging {
  readonly base: TensorMap;
  readonly given: readonly Parent[];
  readonly own: readonly Record<string, number>[];
  readonly params?: Record<string, unknown>;
  readonly curvature?: TensorMap;
  readonly isFrozen?: boolean;
}

/** By the method, as a recipe would. */
function merged(id: string, { base, given, own, params = {}, curvature, isFrozen = false }: Merging): TensorMap {
  const tensors = names.map((name) => ({
    ...{ name, shape: [size / columns, columns], base: at(base, name) },
    parents: given.map((each) => at(each.weights, name)),
    statistics: {
      ...(curvature === undefined ? {} : { base: at(curvature, name) }),
      parents: given.map(({ grid }) =>
        isFrozen
          ? [{ lambda: 1, values: at(grid[2], name) }]
          : grid.map((fisher, l) => ({ lambda: lambdas[l] ?? 0, values: at(fisher, name) })),
      ),
    },
  }));
  const { outputs } = mergeModel(method(id), { tensors, own, params });
  return new Map(names.map((name, t) => [name, outputs[t]?.[0] ?? new Float32Array()]));
}

/** Within 2e-6 of the largest step that the merge could make. */
function expectNear(found: TensorMap, wanted: TensorMap, reach: number): void {
  for (const name of names)
    at(found, name).forEach((value, p) => {
      expect(Math.abs(value - (at(wanted, name)[p] ?? Number.NaN)), `${name} ${p}`).toBeLessThan(2e-6 * Math.max(1, reach));
    });
}

const deltaOf = (base: TensorMap, { weights: own }: Parent): TensorMap =>
  new Map(names.map((name) => [name, at(own, name).map((value, p) => value - (at(base, name)[p] ?? 0))]));

describe("the methods are their formulas in f64", () => {
  test("Fisher merging, its options and coefficients", () => {
    const options = fc.record({ normalise: fc.boolean(), favourTarget: fc.boolean(), floor: fc.constantFrom(0, 1e-6, 0.01) });
    fc.assert(
      fc.property(weights, parents, options, (base, given, params) => {
        const own = given.map(({ weight }) => ({ weight }));
        const wanted = fisherMerge(
          given.map(({ weights: each, grid, weight }) => ({ weights: each, fisher: grid[2], coefficient: weight })),
          params,
        );
        expectNear(merged("fisher", { base, given, own, params, isFrozen: true }), wanted, 2);
      }),
    );
  });

  test("UGM", () => {
    const params = fc.record({ alpha: fc.double({ min: 0, max: 1.5, noNaN: true }), baseExamples: fc.constantFrom(1, 100) });
    fc.assert(
      fc.property(weights, information, parents, params, (base, curvature, given, { alpha, baseExamples }) => {
        const own = given.map(({ examples }) => ({ examples }));
        const wanted = new Map(
          names.map((name) => [
            name,
            at(base, name).map((start, p) => {
              const value = (map: TensorMap) => at(map, name)[p] ?? 0;
              const common = 1e-12 + baseExamples * value(curvature);
              const all = given.reduce((sum, { grid, examples }) => sum + examples * value(grid[2]), 0);
              const step = given.reduce(
                (sum, { grid, examples, weights: own }) => sum + (common + examples * value(grid[2])) * (value(own) - start),
                0,
              );
              return start + (alpha * step) / (common + alpha * all);
            }),
          ]),
        );
        const merging = { base, given, own, curvature, params: { alpha, baseExamples }, isFrozen: true };
        expectNear(merged("ugm", merging), wanted, 4 * given.length);
      }),
    );
  });

  const granularities = [
    ["parameter", "param"],
    ["row", "row"],
    ["tensor", "tensor"],
  ] as const;
  test.each(granularities)("DF-Merge by %s, with information interpolated at each parent's λ", (granularity, theirs) => {
    fc.assert(
      fc.property(weights, parents, (base, given) => {
        const own = given.map(({ lambda }) => ({ lambda }));
        const models = given.map((each): DfModel => {
          const grid = each.grid.map((fisher, l) => ({ lambda: lambdas[l] ?? 0, fisher }));
          return { delta: deltaOf(base, each), lambda: each.lambda, fisher: interpolateFisher(grid, each.lambda) };
        });
        const wanted = dfMerge(base, models, { granularity: theirs, rowsOf: () => size / columns });
        expectNear(merged("df_merge", { base, given, own, params: { granularity } }), wanted, 4 * given.length);
      }),
    );
  });

  test("DF-Merge on normalised information", () => {
    fc.assert(
      fc.property(weights, parents, (base, given) => {
        const own = given.map(({ lambda }) => ({ lambda }));
        const models = given.map((each): DfModel => {
          const [, , fisher] = each.grid;
          const norm = Math.sqrt(names.reduce((sum, name) => sum + at(fisher, name).reduce((all, x) => all + x * x, 0), 0));
          const unit = new Map(names.map((name) => [name, at(fisher, name).map((x) => (norm === 0 ? 0 : x / norm))]));
          return { delta: deltaOf(base, each), lambda: each.lambda, fisher: unit };
        });
        const found = merged("df_merge", { base, given, own, params: { normalise: true }, isFrozen: true });
        expectNear(found, dfMerge(base, models), 4 * given.length);
      }),
    );
  });

  test("DF-Merge without epsilon, on frozen information with zeros", () => {
    fc.assert(
      fc.property(weights, parents, (base, given) => {
        const own = given.map(({ lambda }) => ({ lambda }));
        const models = given.map((each): DfModel => ({ delta: deltaOf(base, each), lambda: each.lambda, fisher: each.grid[2] }));
        const known = (name: string, p: number) => given.some(({ grid }) => (at(grid[2], name)[p] ?? 0) > 0);
        const wanted = dfMerge(base, models, { epsilon: 0 });
        const plain = dfMerge(
          base,
          models.map((each) => ({ ...each, fisher: null })),
        );
        const either = new Map(
          names.map((name) => [name, at(wanted, name).map((value, p) => (known(name, p) ? value : (at(plain, name)[p] ?? 0)))]),
        );
        const found = merged("df_merge", { base, given, own, params: { epsilon: 0 }, isFrozen: true });
        expectNear(found, either, 4 * given.length);
      }),
    );
  });
});
