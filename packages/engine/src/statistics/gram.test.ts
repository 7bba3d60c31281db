import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Layers, openNetwork, Parameters, selectBackend, type TableNetwork, tf } from "../runtime/index.ts";
import { gramMatrices } from "./gram.ts";
import { routerStatistics } from "./router.ts";
import { continuation } from "./token-example.ts";
import { unfold } from "./unfold.ts";

beforeAll(() => selectBackend("ort"));

const golden = join(import.meta.dirname, "../runtime/golden");

/** relu(x·W₀ᵀ + b₀) under a head. */
function perceptron(): TableNetwork {
  const tensor = (shape: number[], phase: number) => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(at * 1.3 + phase)),
  });
  const parameters = new Parameters([
    ["layers.0.weight", tensor([4, 3], 0)],
    ["layers.0.bias", tensor([4], 1)],
    ["classifier.weight", tensor([2, 4], 2)],
    ["classifier.bias", tensor([2], 3)],
  ]);
  const layers = new Layers(parameters);
  return {
    architecture: "mlp",
    input: "features",
    head: "classification",
    outputs: 2,
    features: 3,
    parameters,
    layers,
    logits: (rows) => layers.dense("classifier", tf.relu(layers.dense("layers.0", rows))),
    dispose: () => parameters.dispose(),
  };
}

const rows = Array.from({ length: 11 }, (_, row) => [Math.cos(row), Math.sin(2 * row), 1 - row / 7]);

function gramOf(vectors: readonly (readonly number[])[]): number[] {
  const width = vectors[0]?.length ?? 0;
  return Array.from({ length: width * width }, (_, at) => {
    const [a, b] = [Math.floor(at / width), at % width];
    return vectors.reduce((sum, x) => sum + (x[a] ?? 0) * (x[b] ?? 0), 0) / vectors.length;
  });
}

function expectClose(found: ArrayLike<number> | undefined, wanted: ArrayLike<number>, tolerance = 1e-5): void {
  expect(found?.length).toBe(wanted.length);
  for (let at = 0; at < wanted.length; at++)
    expect(Math.abs((found?.[at] ?? Number.NaN) - (wanted[at] ?? 0)), `element ${at}`).toBeLessThan(tolerance);
}

test("G is the mean of xxᵀ over what enters each dense layer", async () => {
  const network = perceptron();
  const names = ["layers.0.weight", "classifier.weight"];
  const { grams } = await gramMatrices(
    network,
    rows.map((input) => ({ input })),
    { batch: 4, names },
  );
  const [weight, bias] = [network.parameters.values("layers.0.weight"), network.parameters.values("layers.0.bias")];
  const hidden = rows.map((x) =>
    [0, 1, 2, 3].map((out) =>
      Math.max(
        0,
        x.reduce((sum, value, k) => sum + value * (weight[out * 3 + k] ?? 0), bias[out] ?? 0),
      ),
    ),
  );
  expect(grams.get("layers.0.weight")?.rows).toBe(11);
  expectClose(grams.get("layers.0.weight")?.values, gramOf(rows));
  expectClose(grams.get("classifier.weight")?.values, gramOf(hidden));
  network.dispose();
});

test("the head is left out unless it is asked for, and sums above the limit are refused", async () => {
  const network = perceptron();
  const examples = rows.map((input) => ({ input }));
  expect([...(await gramMatrices(network, examples)).grams.keys()]).toEqual(["layers.0.weight"]);
  await expect(gramMatrices(network, examples, { memoryLimitBytes: 71 })).rejects.toThrow("The Gram matrices of 1 inputs take");
  await gramMatrices(network, examples, { memoryLimitBytes: 72 });
  network.dispose();
});

test("texts of different lengths: no padding enters, whatever the batch; tables count what was read", async () => {
  const network = await openNetwork(join(golden, "classification"));
  const texts = [
    [2, 5, 7, 3],
    [4, 4],
    [9, 8, 7, 6, 5],
    [2, 5],
    [3, 3, 3, 3],
  ];
  const examples = texts.map((input) => ({ input }));
  const together = await gramMatrices(network, examples, { batch: 8 });
  const alone = await gramMatrices(network, examples, { batch: 1 });
  const query = "bert.encoder.layer.0.attention.self.query.weight";
  expect(together.grams.get(query)?.rows).toBe(17);
  // The pooler reads the first token of each text.
  expect(together.grams.get("bert.pooler.dense.weight")?.rows).toBe(5);
  for (const [name, { values }] of alone.grams) expectClose(together.grams.get(name)?.values, values, 1e-4);
  expect(together.grams.get("bert.encoder.layer.0.attention.self.value.weight")?.values).toEqual(
    together.grams.get(query)?.values,
  );
  const table = together.tables.get("bert.embeddings.word_embeddings.weight") ?? new Float64Array(0);
  expect(table[3]).toBeCloseTo(5 / 17, 12);
  expect(table.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  network.dispose();
});

test("patches are dense layers, and convolutions too over what their filter sees", async () => {
  const vit = await openNetwork(join(golden, "vit"));
  if (vit.input !== "images") throw new Error("vit takes images");
  const size = vit.imageShape.reduce((product: number, side) => product * (side ?? 1), 1);
  const { grams } = await gramMatrices(vit, [{ input: Float32Array.from({ length: size }, (_, at) => Math.sin(at)) }]);
  const shape = vit.parameters.shape("vit.embeddings.patch_embeddings.projection.weight");
  expect(grams.get("vit.embeddings.patch_embeddings.projection.weight")?.inputs).toBe(shape.slice(1).reduce((a, b) => a * b, 1));
  const resnet = await openNetwork(join(golden, "resnet-bottleneck"));
  if (resnet.input !== "images") throw new Error("resnet takes images");
  const input = Float32Array.from({ length: 32 * 24 * resnet.imageShape[2] }, (_, at) => Math.cos(at));
  const found = await gramMatrices(resnet, [{ input, shape: [32, 24] }]);
  const weights = resnet.parameters.names.filter((name) => name.endsWith("convolution.weight"));
  expect([...found.grams.keys()].sort()).toEqual(weights.sort());
  for (const name of weights)
    expect(found.grams.get(name)?.inputs).toBe(
      resnet.parameters
        .shape(name)
        .slice(1)
        .reduce((a, b) => a * b, 1),
    );
  vit.dispose();
  resnet.dispose();
});

test("a convolution is its weight times what it sees", () => {
  const [images, weight] = [tf.randomNormal([2, 7, 5, 3], 0, 1, "float32", 1), tf.randomNormal([4, 3, 3, 2], 0, 1, "float32", 2)];
  const rows = unfold(images as tf.Tensor4D, { size: [3, 2], stride: 2, padding: 1 });
  const product = tf.matMul(rows, tf.reshape(weight, [4, 18]) as tf.Tensor2D, false, true);
  const direct = tf.conv2d(images as tf.Tensor4D, tf.transpose(weight, [2, 3, 1, 0]) as tf.Tensor4D, 2, 1);
  expectClose(product.dataSync(), direct.dataSync(), 1e-5);
  tf.dispose([images, weight, rows, product, direct]);
});

describe("routers", () => {
  test("every token has its chosen experts, and probabilities add up to one", async () => {
    const network = await openNetwork(join(golden, "mixtral"));
    const examples = [
      [1, 5, 9, 2],
      [3, 3, 8],
    ].map((tokens) => continuation(tokens));
    const found = await routerStatistics(network, examples, { chosen: 2 });
    expect(found.size).toBeGreaterThan(0);
    for (const { tokens, chosenShare, meanProbability } of found.values()) {
      // The last token of a text is asked for, not shown.
      expect(tokens).toBe(5);
      expect(chosenShare.reduce((sum, share) => sum + share, 0)).toBeCloseTo(2, 12);
      expect(meanProbability.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
      expect(chosenShare.every((share) => share >= 0 && share <= 1)).toBe(true);
    }
    network.dispose();
  });

  test("a router whose weights are zero but for one expert's bias towards all tokens shows it", async () => {
    const network = await openNetwork(join(golden, "mixtral"));
    const [name = ""] = network.parameters.names.filter((each) => each.endsWith("block_sparse_moe.gate.weight"));
    network.parameters.values(name).fill(0);
    network.parameters.touch(name);
    const found = (await routerStatistics(network, [continuation([1, 2, 3])], { chosen: 1 })).get(name);
    const experts = network.parameters.shape(name)[0] ?? 0;
    // Among equals the first expert is chosen.
    expect([...(found?.chosenShare ?? [])]).toEqual([1, ...new Array<number>(experts - 1).fill(0)]);
    expectClose(found?.meanProbability, new Array<number>(experts).fill(1 / experts), 1e-6);
    network.dispose();
  });

  test("refused: a network without routers, and more experts than there are", async () => {
    const bert = await openNetwork(join(golden, "classification"));
    await expect(routerStatistics(bert, [{ input: [1] }], { chosen: 1 })).rejects.toThrow("bert has no router");
    const mixtral = await openNetwork(join(golden, "mixtral"));
    await expect(routerStatistics(mixtral, [continuation([1, 2])], { chosen: 99 })).rejects.toThrow("99 of");
    expect(mixtral.layers.tap).toBeNull();
    bert.dispose();
    mixtral.dispose();
  });
});
