import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Network, openNetwork, selectBackend, trunkTensors } from "../runtime/index.ts";
import { diagonalFisher } from "./fisher.ts";
import { fisherAt, moveTo } from "./fisher-at.ts";

beforeAll(() => selectBackend("ort"));

const folder = join(import.meta.dirname, "../runtime/golden/classification");
const examples = [{ input: [2, 5, 7] }, { input: [4, 4] }];
const estimator = { kind: "exact" } as const;
const copy = (network: Network, of: (value: number, at: number) => number) =>
  new Map(trunkTensors(network).map((name) => [name, network.parameters.values(name).map(of)]));

test("at λ = 1 it is that of the model, at 0 that of the base; between, that of a model with those weights", async () => {
  const network = await openNetwork(folder);
  const model = copy(network, (value) => value);
  const base = copy(network, (value, at) => value + 0.01 * Math.sin(at));
  const delta = new Map(
    [...model].map(([name, values]) => [name, values.map((value, at) => value - (base.get(name)?.[at] ?? 0))]),
  );
  const whole = await diagonalFisher(network, examples, { estimator });
  const of = (lambda: number) => fisherAt(network, { base, delta, lambda }, examples, { estimator });
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, value), 1e-12);
  const compare = (found: ReadonlyMap<string, Float32Array>, wanted: ReadonlyMap<string, Float32Array>) => {
    for (const [name, values] of wanted) {
      const scale = Math.max(largest(values), 1e-6);
      values.forEach((value, at) => void expect(Math.abs((found.get(name)?.[at] ?? 0) - value) / scale).toBeLessThan(1e-3));
    }
  };
  const half = await of(0.5);
  const other = await openNetwork(folder);
  for (const [name, values] of base) {
    other.parameters.values(name).set(values.map((value, at) => value + 0.5 * (delta.get(name)?.[at] ?? 0)));
  }
  compare(half.values, (await diagonalFisher(other, examples, { estimator })).values);
  compare((await of(1)).values, whole.values);
  await of(0);
  expect(network.parameters.values("bert.pooler.dense.weight")).toEqual(base.get("bert.pooler.dense.weight"));
  network.dispose();
  other.dispose();
});

test("λ by tensor; the head stays; what does not fit changes nothing", async () => {
  const network = await openNetwork(folder);
  const name = "bert.pooler.dense.bias";
  const { length } = network.parameters.values(name);
  const head = network.parameters.values("classifier.weight").slice();
  const before = network.parameters.values(name).slice();
  const [zero, one] = [new Float32Array(length), new Float32Array(length).fill(1)];
  const refused = [
    [
      { base: new Map([[name, zero]]), delta: new Map([["nothing", one]]), lambda: 1 },
      'a tensor "nothing" that the network has not',
    ],
    [{ base: new Map<string, Float32Array>(), delta: new Map([[name, one]]), lambda: 1 }, "none in the base"],
    [{ base: new Map([[name, zero]]), delta: new Map([[name, one]]), lambda: Number.NaN }, `λ is NaN for "${name}"`],
  ] as const;
  for (const [point, message] of refused) expect(() => moveTo(network.parameters, point)).toThrow(message);
  expect(network.parameters.values(name)).toEqual(before);
  moveTo(network.parameters, {
    base: new Map([[name, one]]),
    delta: new Map([[name, one]]),
    lambda: (tensor) => (tensor === name ? 3 : 0),
  });
  expect(network.parameters.values(name)).toEqual(one.map(() => 4));
  expect(network.parameters.values("classifier.weight")).toEqual(head);
  network.dispose();
});
