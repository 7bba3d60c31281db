import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { softmaxCrossEntropy } from "@amalgam/tfjs-backend-ort";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { goldenFolder, goldenLogits, openGolden, readGolden } from "../../../test/parity.ts";
import { selectBackend } from "../backend.ts";
import { readCheckpointTensors } from "../checkpoint-tensors.ts";
import { withGradients } from "../gradients.ts";
import type { TextNetwork } from "../network.ts";
import { openNetwork } from "../open-network.ts";
import { saveTensors } from "../save-tensors.ts";
import { tf } from "../tf.ts";
import { padBatch } from "../token-batch.ts";

beforeAll(() => selectBackend("ort"));
let network: TextNetwork | null = null;
let folder = "";
afterEach(async () => {
  network?.dispose();
  network = null;
  if (folder !== "") await rm(folder, { recursive: true, force: true });
  folder = "";
});

async function open(name: string): Promise<TextNetwork> {
  const opened = await openGolden(await readGolden(name));
  if (opened.input !== "tokens") throw new Error("not a text network");
  network = opened;
  return opened;
}

const logitsOf = (model: TextNetwork, sequences: number[][], positions?: number[]): number[] =>
  tf.tidy(() => [...model.logits(padBatch(sequences), positions && Int32Array.from(positions)).dataSync()]);

const decoders = ["gpt2", "llama", "llama-tied", "mistral", "qwen2", "mixtral"];

describe.each(decoders)("%s", (name) => {
  test("what follows a token, and other texts of the batch, do not change its scores", async () => {
    const model = await open(name);
    const alone = logitsOf(model, [[4, 8, 15]], [2]);
    const others = [[4, 8, 15, 16, 23, 2], [1]];
    logitsOf(model, others, [2]).forEach((value, index) => {
      expect(Math.abs(value - (alone[index] ?? Number.NaN))).toBeLessThan(1e-5);
    });
  });

  test("without positions every token is scored, row after row", async () => {
    const model = await open(name);
    expect(logitsOf(model, [[4, 8, 15], [7]])).toEqual(logitsOf(model, [[4, 8, 15], [7]], [0, 1, 2, 3, 4, 5]));
  });

  test("a text beyond the positions is refused, and a token beyond the vocabulary", async () => {
    const model = await open(name);
    const long = new Array<number>(model.maxLength + 1).fill(1);
    expect(() => logitsOf(model, [long])).toThrow(`A text of ${long.length} tokens does not fit the model's ${model.maxLength}`);
    expect(() => logitsOf(model, [[model.vocabularySize]])).toThrow("is outside a table of 31 rows");
  });
});

test.each([
  ["llama-tied", "model."],
  ["gpt2", "transformer."],
])("a trunk of %s, saved without its prefix %s, gives the same scores", async (name, prefix) => {
  const wanted = logitsOf(await open(name), [[4, 8, 15]]);
  network?.dispose();
  folder = await mkdtemp(join(tmpdir(), "trunk-"));
  await writeFile(join(folder, "config.json"), await readFile(join(goldenFolder, name, "config.json")));
  const { tensors } = await readCheckpointTensors(join(goldenFolder, name));
  const bare = [...tensors].map(([key, tensor]) => [key.replace(prefix, ""), tensor] as const);
  await saveTensors(join(folder, "model.safetensors"), bare, new Map());
  network = (await openNetwork(folder)) as TextNetwork;
  expect(logitsOf(network, [[4, 8, 15]])).toEqual(wanted);
});

test("a head that is stored beside the embedding it is tied to adds no parameter", async () => {
  const wanted = logitsOf(await open("llama-tied"), [[4, 8, 15]]);
  const names = network?.parameters.names;
  network?.dispose();
  folder = await mkdtemp(join(tmpdir(), "tied-"));
  await writeFile(join(folder, "config.json"), await readFile(join(goldenFolder, "llama-tied", "config.json")));
  const { tensors } = await readCheckpointTensors(join(goldenFolder, "llama-tied"));
  const table = tensors.get("model.embed_tokens.weight");
  if (table === undefined) throw new Error("no embedding");
  await saveTensors(join(folder, "model.safetensors"), [...tensors, ["lm_head.weight", table]], new Map());
  network = (await openNetwork(folder)) as TextNetwork;
  expect(network.parameters.names).toEqual(names);
  expect(logitsOf(network, [[4, 8, 15]])).toEqual(wanted);
});

test.each<[name: string, steps: number]>([
  ["llama", 1000],
  ["gpt2", 50],
  ["mixtral", 50],
])("forward and backward passes of %s leave no tensor behind, %i times", async (name, steps) => {
  const model = await open(name);
  const { inputs } = await readGolden(name);
  const labels = Int32Array.from(inputs.labels);
  const counts = new Set<number>();
  for (let step = 0; step < steps; step++) {
    withGradients(
      model.parameters,
      model.parameters.names,
      () => softmaxCrossEntropy(goldenLogits(model, inputs), labels),
      (_, gradients) => expect(gradients.size).toBe(model.parameters.names.length),
    );
    counts.add(tf.memory().numTensors);
  }
  expect(counts.size).toBe(1);
});
