import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { Layers, Parameters, selectBackend, type TableNetwork, tf } from "../runtime/index.ts";
import { diagonalFisher, type FisherEstimator } from "./fisher.ts";
import { uniform } from "./uniform.ts";

beforeAll(() => selectBackend("ort"));

const features = 5;
const outputs = 4;

/** tanh(x·W₀ᵀ + b₀) under a head, its numbers from a seed. */
function perceptron(seed: number): TableNetwork {
  const tensor = (shape: number[], index: number) => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => 2 * uniform(seed, index, at) - 1),
  });
  const parameters = new Parameters([
    ["layers.0.weight", tensor([6, features], 0)],
    ["layers.0.bias", tensor([6], 1)],
    ["classifier.weight", tensor([outputs, 6], 2)],
    ["classifier.bias", tensor([outputs], 3)],
  ]);
  const layers = new Layers(parameters);
  return {
    ...{ architecture: "mlp", input: "features", head: "classification", outputs, features, parameters, layers },
    logits: (rows) => layers.dense("classifier", tf.tanh(layers.dense("layers.0", rows))),
    dispose: () => parameters.dispose(),
  };
}

const example = fc.record({
  input: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: features, maxLength: features }),
  label: fc.nat(outputs - 1),
});
const examples = fc.array(example, { minLength: 1, maxLength: 12 });
const estimator = fc.constantFrom<FisherEstimator>(
  { kind: "exact" },
  { kind: "exact", cut: 0 },
  { kind: "sampled", draws: 3, seed: 11 },
  { kind: "empirical" },
);

/** In units of the tensor's largest number. */
function expectSame(found: Float32Array, wanted: (at: number) => number, tolerance: number): void {
  const all = Array.from(found, (_, at) => wanted(at));
  const scale = Math.max(...all, 1e-12);
  found.forEach((value, at) => {
    if (!(Math.abs(value - (all[at] ?? 0)) <= tolerance * scale)) expect.fail(`element ${at}: ${value}, not ${all[at]}`);
  });
}

test("neither the batch nor the order of examples changes the result; it is never negative", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1000), examples, estimator, fc.integer({ min: 1, max: 12 }), async (seed, list, how, batch) => {
      const network = perceptron(seed);
      const options = { estimator: how, names: network.parameters.names };
      const one = await diagonalFisher(network, list, { ...options, batch: 1 });
      const some = await diagonalFisher(network, list, { ...options, batch });
      for (const [name, values] of some.values) {
        expectSame(values, (at) => one.values.get(name)?.[at] ?? 0, 1e-6);
        expect(values.every((value) => value >= 0)).toBe(true);
      }
      if (how.kind !== "sampled") {
        const turned = await diagonalFisher(network, [...list].reverse(), { ...options, batch });
        for (const [name, values] of turned.values) expectSame(values, (at) => one.values.get(name)?.[at] ?? 0, 1e-6);
      }
      network.dispose();
    }),
    { numRuns: 25 },
  );
});

test("the whole is the average of its parts by their number of examples; exact without a cut is one pass for each label", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1000), examples, examples, async (seed, first, second) => {
      const network = perceptron(seed);
      const options = { estimator: { kind: "exact", cut: 0 }, names: network.parameters.names } as const;
      const [a, b] = [await diagonalFisher(network, first, options), await diagonalFisher(network, second, options)];
      const whole = await diagonalFisher(network, [...first, ...second], options);
      const loop = await diagonalFisher(network, [...first, ...second], { ...options, by: "loop" });
      const [n, m] = [first.length, second.length];
      for (const [name, values] of whole.values) {
        const part = (at: number) => ((a.values.get(name)?.[at] ?? 0) * n + (b.values.get(name)?.[at] ?? 0) * m) / (n + m);
        expectSame(values, part, 1e-6);
        expectSame(values, (at) => loop.values.get(name)?.[at] ?? 0, 1e-5);
      }
      expect(loop.passes).toBe((n + m) * outputs);
      network.dispose();
    }),
    { numRuns: 15 },
  );
});

test("uniform is spread evenly, and differs with every counter", () => {
  const counts = new Array<number>(16).fill(0);
  const seen = new Set<number>();
  for (let a = 0; a < 40; a++) {
    for (let b = 0; b < 40; b++) {
      const u = uniform(7, a, b);
      seen.add(u);
      counts[Math.floor(u * 16)] = (counts[Math.floor(u * 16)] ?? 0) + 1;
    }
  }
  expect(seen.size).toBeGreaterThan(1595);
  // χ² of 15 degrees of freedom: above 37.7 once in a thousand times.
  expect(counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)).toBeLessThan(37.7);
});
