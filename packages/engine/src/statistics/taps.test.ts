import { beforeAll, describe, expect, test } from "vitest";
import { goldenNames, openGolden, readGolden } from "../../test/parity.ts";
import { type Network, selectBackend, tf } from "../runtime/index.ts";
import type { StatisticExample } from "./collate.ts";
import { diagonalFisher } from "./fisher.ts";
import { languageFisher } from "./language-fisher.ts";
import { continuation, type TokenExample } from "./token-example.ts";

beforeAll(() => selectBackend("ort"));

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, value), 0);

/** In units of the tensor's largest number, or of a hundred-millionth of the model's: what is zero but for rounding (biases of keys) has no scale. */
function expectSame(
  found: ReadonlyMap<string, Float32Array>,
  wanted: ReadonlyMap<string, Float32Array>,
  tolerance: number,
): void {
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  for (const [name, values] of wanted) {
    const scale = Math.max(largest(values), 1e-8 * Math.max(...[...wanted.values()].map(largest)));
    const own = found.get(name) ?? new Float32Array(0);
    const worst = values.reduce((most, value, at) => Math.max(most, Math.abs((own[at] ?? Number.NaN) - value) / scale), 0);
    expect(worst, name).toBeLessThan(tolerance);
    expect(
      own.every((value) => value >= 0),
      name,
    ).toBe(true);
  }
}

const sequences = [
  [3, 5, 7, 2],
  [4, 9, 1, 8, 6, 2],
  [5, 5],
  [7, 3, 8, 1],
  [2, 6, 4],
];

function classifierExamples(network: Network): StatisticExample[] {
  if (network.input === "tokens") return sequences.map((input, at) => ({ input, label: at % network.outputs }));
  if (network.input !== "images") throw new Error("no images");
  const [height, width, channels] = network.imageShape;
  const size = (height ?? 24) * (width ?? 24) * channels;
  return [0, 1, 2].map((image) => ({
    input: Float32Array.from({ length: size }, (_, at) => Math.sin(at * 0.37 + image * 1.7)),
    label: image % network.outputs,
  }));
}

function textExamples(network: Network): TokenExample[] {
  if (network.head === "masked-language") return sequences.map((input) => ({ input, positions: [1, 0], targets: [3, 4] }));
  return sequences.map((tokens, at) => continuation(tokens, 1, network.input === "pairs" ? sequences[(at + 1) % 5] : undefined));
}

async function expectTapsLikeLoop(name: string): Promise<void> {
  const network = await openGolden(await readGolden(name));
  const options = { names: network.parameters.names, estimator: { kind: "empirical" } as const };
  const measure = (more: object) =>
    network.head === "classification"
      ? diagonalFisher(network, classifierExamples(network), { ...options, ...more })
      : languageFisher(network, textExamples(network), { ...options, ...more });
  const loop = await measure({ by: "loop" });
  const tensors = tf.memory().numTensors;
  const batched = await measure({ batch: 3 });
  expectSame(batched.values, loop.values, 1e-5);
  expectSame((await measure({ batch: 1 })).values, batched.values, 1e-5);
  expect(tf.memory().numTensors).toBe(tensors);
  network.dispose();
}

describe("squared gradients of single examples from taps are those of the loop, in batches and alone, for every parameter", () => {
  test.each(goldenNames())("%s", expectTapsLikeLoop);
});

describe("on other backends", () => {
  test.each(["cpu", "wasm"] as const)("%s", async (backend) => {
    await selectBackend(backend);
    try {
      for (const name of ["cnn", "gpt2", "bert-masked-language"]) await expectTapsLikeLoop(name);
    } finally {
      await selectBackend("ort");
    }
  });
});
