import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { selectBackend } from "./backend.ts";
import { type BertModel, createBert } from "./bert.ts";
import { parseBertConfig } from "./bert-config.ts";
import type { BertHead } from "./bert-shapes.ts";
import { classificationLoss, contrastiveLoss, maskedLanguageLoss, weightedSum } from "./losses.ts";
import { predictLabels } from "./predict.ts";
import { tf } from "./tf.ts";
import { padBatch } from "./token-batch.ts";
import { createTrainer, type Trainer, type TrainerOptions } from "./trainer.ts";
import { restoreTrainerState, saveTrainerState } from "./trainer-state.ts";

let dir = "";
beforeAll(async () => {
  await selectBackend("ort");
  dir = await mkdtemp(join(tmpdir(), "trainer-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const config = parseBertConfig(
  {
    model_type: "bert",
    vocab_size: 40,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 8,
  },
  "test",
);
const batch = padBatch([
  [1, 5, 7, 9, 2],
  [1, 6, 8, 2],
  [1, 30, 31, 2],
  [1, 33, 35, 37, 2],
]);
const labels = Int32Array.of(0, 0, 1, 1);
const usual: TrainerOptions = { peakLearningRate: 1e-2, warmupSteps: 5, totalSteps: 60 };

const create = (head: BertHead, seed = 3): BertModel => createBert({ config, head, labels: 2, seed });
const classify = (model: BertModel) => () => classificationLoss(model, model.encode(batch), labels);
const pretrain = (model: BertModel) => () => {
  const encoded = model.encode(batch);
  const targets = { positions: Int32Array.of(1, 6, 11), labels: Int32Array.of(5, 6, 30) };
  return weightedSum([
    [1, maskedLanguageLoss(model, encoded, targets)],
    [0.1, contrastiveLoss(encoded.pooled, { temperature: 0.1 })],
  ]);
};
const run = (trainer: Trainer, loss: () => tf.Scalar, steps: number) =>
  Array.from({ length: steps }, () => trainer.step(loss).loss);

test("a classifier learns its batch, and the loss says so", async () => {
  const model = create("classification");
  const losses = run(createTrainer(model.parameters, usual), classify(model), 40);
  expect(losses[0]).toBeGreaterThan(0.5);
  expect(losses.at(-1)).toBeLessThan(0.05);
  expect([...(await predictLabels(model, batch))]).toEqual([...labels]);
  model.dispose();
});

test("the same seed gives the same losses, another seed others", () => {
  const [first, again, other] = [3, 3, 4].map((seed) => {
    const model = create("masked-language", seed);
    const losses = run(createTrainer(model.parameters, usual), pretrain(model), 5);
    model.dispose();
    return losses;
  });
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test("training resumes from its saved state bit for bit", async () => {
  const file = join(dir, "state.safetensors");
  const model = create("masked-language");
  const trainer = createTrainer(model.parameters, usual);
  run(trainer, pretrain(model), 7);
  await saveTrainerState(file, trainer);
  const unbroken = run(trainer, pretrain(model), 5);
  const fresh = create("masked-language", 99);
  const resumed = createTrainer(fresh.parameters, usual);
  // A step before the state arrives, so that tensors exist which must not go stale.
  run(resumed, pretrain(fresh), 1);
  await restoreTrainerState(file, resumed);
  expect(resumed.stepCount).toBe(7);
  expect(run(resumed, pretrain(fresh), 5)).toEqual(unbroken);
  for (const name of model.parameters.names) expect(fresh.parameters.values(name)).toEqual(model.parameters.values(name));
  model.dispose();
  fresh.dispose();
});

test("a state of another model, or another file, is refused and changes nothing", async () => {
  const file = join(dir, "other.safetensors");
  await saveTrainerState(file, createTrainer(create("masked-language").parameters, usual));
  const trainer = createTrainer(create("classification").parameters, usual);
  const before = trainer.parameters.values("classifier.weight").slice();
  await expect(restoreTrainerState(file, trainer)).rejects.toThrow(/classifier\.weight.*does not fit/);
  expect(trainer.parameters.values("classifier.weight")).toEqual(before);
  await writeFile(file, (await readFile(file)).subarray(0, 100));
  await expect(restoreTrainerState(file, trainer)).rejects.toThrow();
});

describe("the schedule", () => {
  const trainer = () => createTrainer(create("none").parameters, { ...usual, warmupSteps: 10, totalSteps: 110 });
  test.each([
    [1, 1e-3],
    [10, 1e-2],
    [60, 5e-3],
    [110, 0],
    [200, 0],
  ])("step %i has the rate %d", (step, rate) => {
    expect(trainer().learningRate(step)).toBeCloseTo(rate, 12);
  });
});

test("frozen tensors do not change and the others do", () => {
  const model = create("classification");
  const frozen = (name: string) => name.startsWith("classifier.");
  const before = new Map(model.parameters.names.map((name) => [name, model.parameters.values(name).slice()]));
  run(createTrainer(model.parameters, { ...usual, frozen }), classify(model), 2);
  const unchanged = model.parameters.names.filter((name) => before.get(name)?.join() === model.parameters.values(name).join());
  expect(unchanged).toEqual(["classifier.weight", "classifier.bias"]);
  model.dispose();
});

test("a frozen trunk trains the head alone", () => {
  const model = create("classification");
  const losses = run(
    createTrainer(model.parameters, { ...usual, frozen: (name) => name.startsWith("bert.") }),
    classify(model),
    5,
  );
  expect(losses[4]).toBeLessThan(losses[0] ?? 0);
  model.dispose();
});

test("biases and LayerNorm do not decay, matrices do", () => {
  const model = create("none");
  const { parameters } = model;
  const [weight, bias, gain] = [
    "bert.pooler.dense.weight",
    "bert.pooler.dense.bias",
    "bert.embeddings.LayerNorm.weight",
  ] as const;
  for (const name of [weight, bias, gain]) parameters.values(name).fill(1);
  const trainer = createTrainer(parameters, {
    peakLearningRate: 0.5,
    warmupSteps: 1,
    totalSteps: 10,
    weightDecay: 0.2,
    clipNorm: 1,
  });
  // A loss that reaches every parameter with a gradient of exactly zero.
  trainer.step(() => tf.addN(parameters.names.map((name) => tf.sum(tf.mul(parameters.tensor(name), 0)))) as tf.Scalar);
  expect(parameters.values(weight)[0]).toBeCloseTo(0.9, 6);
  expect(parameters.values(bias)[0]).toBe(1);
  expect(parameters.values(gain)[0]).toBe(1);
  model.dispose();
});

test("a gradient longer than clipNorm is scaled to it", () => {
  const loss = (model: BertModel) => () => tf.mul(classify(model)(), 1e5) as tf.Scalar;
  const [clipped, free] = [1e-3, 1e9].map((clipNorm) => {
    const model = create("classification");
    const trainer = createTrainer(model.parameters, { ...usual, clipNorm });
    const report = trainer.step(loss(model));
    const moment = trainer.moments.get("classifier.weight")?.first ?? new Float32Array(0);
    model.dispose();
    return { report, moment };
  });
  const norm = clipped?.report.gradientNorm ?? 0;
  expect(norm).toBeGreaterThan(1);
  expect(free?.report.gradientNorm).toBe(norm);
  expect((clipped?.moment[0] ?? 0) / (free?.moment[0] ?? 0)).toBeCloseTo(1e-3 / norm, 8);
});

test("a loss that is not finite stops the run before it harms the parameters", () => {
  const model = create("classification");
  const trainer = createTrainer(model.parameters, usual);
  const before = model.parameters.values("classifier.weight").slice();
  expect(() => trainer.step(() => tf.mul(classify(model)(), Number.POSITIVE_INFINITY) as tf.Scalar)).toThrow(
    "Training diverged at step 1: loss Infinity",
  );
  expect(model.parameters.values("classifier.weight")).toEqual(before);
  expect(trainer.stepCount).toBe(0);
  model.dispose();
});

test("a thousand training steps leave no tensor behind", { timeout: 60_000 }, () => {
  const model = createBert({ config: { ...config, num_hidden_layers: 1 }, head: "masked-language", seed: 3 });
  const trainer = createTrainer(model.parameters, { ...usual, totalSteps: 2000 });
  const small = padBatch([
    [1, 5, 2],
    [1, 6, 2],
  ]);
  const targets = { positions: Int32Array.of(1, 4), labels: Int32Array.of(5, 6) };
  const loss = () => maskedLanguageLoss(model, model.encode(small), targets);
  run(trainer, loss, 10);
  const before = { ...tf.memory() };
  run(trainer, loss, 1000);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  model.dispose();
});

describe("batches", () => {
  test("are padded to their longest sequence", () => {
    const padded = padBatch([[1, 2], [3]], 9);
    expect([...padded.ids]).toEqual([1, 2, 3, 9]);
    expect([...padded.lengths]).toEqual([2, 1]);
  });
  test.each([[[]], [[[1], []]]])("need sequences and tokens: %j", (sequences) => {
    expect(() => padBatch(sequences as number[][])).toThrow("at least one sequence");
  });
  test("longer than the model's positions are refused", () => {
    expect(() => create("none").encode(padBatch([Array.from({ length: 9 }, () => 1)]))).toThrow(
      "9 tokens does not fit the model's 8 positions",
    );
  });
  test("with a token outside the vocabulary are refused", () => {
    expect(() => create("none").encode(padBatch([[1, 40]]))).toThrow("row 40 is outside a table of 40 rows");
  });
});
