import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Layers, type Network, openNetwork, Parameters, selectBackend, tf } from "../runtime/index.ts";
import { diagonalFisher, type FisherEstimator } from "./fisher.ts";
import { labelFactors, softmax } from "./label-factors.ts";

beforeAll(() => selectBackend("ort"));

const exact: FisherEstimator = { kind: "exact" };
const golden = join(import.meta.dirname, "../runtime/golden");

/** Softmax regression: logits = Wx + b. */
function regression(weights: number[][], features: number): Network {
  const labels = weights.length;
  const parameters = new Parameters([
    ["classifier.weight", { shape: [labels, features], values: Float32Array.from(weights.flat()) }],
    ["classifier.bias", { shape: [labels], values: new Float32Array(labels) }],
  ]);
  const layers = new Layers(parameters);
  return {
    architecture: "mlp",
    input: "features",
    head: "classification",
    outputs: labels,
    features,
    parameters,
    layers,
    logits: (rows) => layers.dense("classifier", rows),
    dispose: () => parameters.dispose(),
  };
}

const row = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 });
const rows = fc.array(row, { minLength: 1, maxLength: 9 });

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  const scale = Math.max(1e-6, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i += 1)
    expect(Math.abs((found[i] ?? 0) - (wanted[i] ?? 0)), `element ${i}`).toBeLessThan(tolerance * scale);
}

describe("closed forms", () => {
  test("softmax regression: F[c, p] = mean of q_c(1 − q_c) x_p²; with two labels that is logistic regression", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 2, maxLength: 4 }), rows, async (weights, inputs) => {
        const network = regression(weights, 3);
        const { values } = await diagonalFisher(
          network,
          inputs.map((input) => ({ input })),
          {
            estimator: exact,
            names: ["classifier.weight", "classifier.bias"],
          },
        );
        network.dispose();
        const wanted = new Float64Array(weights.length * 3);
        const bias = new Float64Array(weights.length);
        for (const x of inputs) {
          const q = softmax(weights.map((w) => w.reduce((sum, value, k) => sum + Math.fround(value) * (x[k] ?? 0), 0)));
          q.forEach((p, c) => {
            bias[c] = (bias[c] ?? 0) + (p * (1 - p)) / inputs.length;
            for (let k = 0; k < 3; k += 1)
              wanted[c * 3 + k] = (wanted[c * 3 + k] ?? 0) + (p * (1 - p) * (x[k] ?? 0) ** 2) / inputs.length;
          });
        }
        // Factors are cut at a thousandth of the trace.
        expectClose(values.get("classifier.weight") ?? [], wanted, 5e-3);
        expectClose(values.get("classifier.bias") ?? [], bias, 5e-3);
      }),
      { numRuns: 20 },
    );
  });

  test("empirical: the mean of (e_y − q)²x², not the square of the mean", async () => {
    const network = regression(
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
      3,
    );
    const examples = [
      { input: [1, 2, 0], label: 0 },
      { input: [1, 0, 1], label: 1 },
    ];
    const { values } = await diagonalFisher(network, examples, {
      estimator: { kind: "empirical" },
      names: ["classifier.weight"],
    });
    network.dispose();
    const wanted = new Float64Array(6);
    for (const { input, label } of examples) {
      const q = softmax([input[0] ?? 0, input[1] ?? 0]);
      for (let c = 0; c < 2; c += 1)
        for (let k = 0; k < 3; k += 1)
          wanted[c * 3 + k] = (wanted[c * 3 + k] ?? 0) + (((c === label ? 1 : 0) - (q[c] ?? 0)) * (input[k] ?? 0)) ** 2 / 2;
    }
    expectClose(values.get("classifier.weight") ?? [], wanted, 1e-5);
  });
});

test("factors of diag(q) − qqᵀ give it back, up to a thousandth of its trace, and are fewer than the labels", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 1, maxLength: 12 }), (logits) => {
      const q = softmax(logits);
      const factors = labelFactors(logits);
      expect(factors.length).toBeLessThan(Math.max(2, logits.length));
      const trace = q.reduce((sum, p) => sum + p * (1 - p), 0);
      for (let a = 0; a < q.length; a += 1)
        for (let b = 0; b < q.length; b += 1) {
          const wanted = (a === b ? (q[a] ?? 0) : 0) - (q[a] ?? 0) * (q[b] ?? 0);
          const found = factors.reduce((sum, s) => sum + (s[a] ?? 0) * (s[b] ?? 0), 0);
          expect(Math.abs(found - wanted)).toBeLessThan(1.1e-3 * trace + 1e-7);
        }
    }),
  );
});

describe.each(["classification", "roberta-classification", "gpt2-classification", "llama-classification"])(
  "taps against the loop: %s",
  (folder) => {
    const examples = [[1, 2, 3], [4, 5, 6, 7, 8], [1, 9, 9, 2], [3], [8, 1], [2, 2, 2, 2]].map((input, at) => ({
      input,
      label: at % 2,
    }));
    const open = (): Promise<Network> => openNetwork(join(golden, folder), { head: "classification" });

    test.each([exact, { kind: "empirical" }, { kind: "sampled", draws: 3, seed: 7 }] as FisherEstimator[])(
      "$kind",
      async (estimator) => {
        const network = await open();
        const before = tf.memory().numTensors;
        const fast = await diagonalFisher(network, examples, { estimator, batch: 4 });
        const slow = await diagonalFisher(network, examples, { estimator, by: "loop" });
        const single = await diagonalFisher(network, examples, { estimator, batch: 1 });
        expect(fast.values.size).toBeGreaterThan(10);
        for (const [name, values] of fast.values) {
          expectClose(values, slow.values.get(name) ?? [], estimator.kind === "exact" ? 2e-3 : 1e-4);
          expectClose(values, single.values.get(name) ?? [], 1e-4);
          expect(values.every((value) => value >= 0)).toBe(true);
        }
        expect(fast.passes).toBeLessThanOrEqual(slow.passes);
        expect(tf.memory().numTensors - before).toBeLessThanOrEqual(network.parameters.names.length);
        network.dispose();
      },
    );
  },
);

test("the Fisher of all examples is the average of that of its halves", async () => {
  const network = await openNetwork(join(golden, "classification"));
  const examples = Array.from({ length: 8 }, (_, at) => ({ input: [1, 2 + at, 3 + (at % 3)] }));
  const of = (part: typeof examples) => diagonalFisher(network, part, { estimator: exact });
  const [all, first, second] = [await of(examples), await of(examples.slice(0, 4)), await of(examples.slice(4))];
  for (const [name, values] of all.values) {
    const [a, b] = [first.values.get(name) ?? new Float32Array(0), second.values.get(name) ?? new Float32Array(0)];
    expectClose(
      values,
      a.map((value, k) => (value + (b[k] ?? 0)) / 2),
      1e-5,
    );
  }
  network.dispose();
});

test("sampled tends to exact", async () => {
  const network = regression(
    [
      [1, 0, 0.5],
      [0, 1, -0.5],
      [0.3, 0.3, 0],
    ],
    3,
  );
  const examples = [{ input: [1, 2, 0.5] }, { input: [-1, 0.5, 1] }];
  const names = ["classifier.weight"];
  const [sampled, whole] = [
    await diagonalFisher(network, examples, { estimator: { kind: "sampled", draws: 2000, seed: 1 }, names, batch: 500 }),
    await diagonalFisher(network, examples, { estimator: exact, names }),
  ];
  expectClose(sampled.values.get("classifier.weight") ?? [], whole.values.get("classifier.weight") ?? [], 0.06);
  network.dispose();
});

describe("refused by name", () => {
  const network = regression(
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
    3,
  );
  test.each([
    [[], exact, "at least one example"],
    [[{ input: [1, 2] }], exact, "Example 0 has 2 numbers; the network takes 3."],
    [[{ input: [1, 2, 3] }], { kind: "empirical" }, "Example 0 has the label undefined; the head tells 2 classes apart."],
    [[{ input: [1, 2, 3], label: 2 }], { kind: "empirical" }, "Example 0 has the label 2"],
    [[{ input: [1, 2, Number.NaN] }], exact, "not a finite number"],
  ] as const)("%j", async (examples, estimator, message) => {
    await expect(diagonalFisher(network, examples, { estimator })).rejects.toThrow(message);
  });

  test("an abort ends it", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(diagonalFisher(network, [{ input: [1, 2, 3] }], { estimator: exact, signal })).rejects.toThrow("enough");
  });
});
