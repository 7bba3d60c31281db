import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { goldenFolder } from "../../../test/parity.ts";
import { selectBackend } from "../backend.ts";
import { readCheckpointTensors } from "../checkpoint-tensors.ts";
import { openNetwork } from "../open-network.ts";
import type { TensorValues } from "../parameters.ts";
import { saveTensors } from "../save-tensors.ts";
import { tf } from "../tf.ts";
import { padBatch } from "../token-batch.ts";

/** The same network from files that say it otherwise. */
let folder = "";
beforeAll(() => selectBackend("ort"));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "decoder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Tensors = ReadonlyMap<string, TensorValues>;

/** The golden checkpoint `name`, changed, in `folder`; keys that are undefined are taken away. */
async function change(
  name: string,
  keys: object,
  tensors: (stored: Tensors) => Iterable<readonly [string, TensorValues]> = (t) => t,
) {
  await cp(join(goldenFolder, name), folder, { recursive: true });
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...keys }));
  const stored = await readCheckpointTensors(folder);
  await saveTensors(join(folder, "model.safetensors"), tensors(stored.tensors), new Map());
}

/** Scores of what follows the text, and the names of the parameters. */
async function run(from: string, text: number[] = [4, 8, 15, 16, 23]): Promise<{ scores: number[]; names: readonly string[] }> {
  const network = await openNetwork(from);
  if (network.input !== "tokens") throw new Error("not a text network");
  const scores = tf.tidy(() => [...network.logits(padBatch([text]), Int32Array.of(text.length - 1)).dataSync()]);
  network.dispose();
  return { scores, names: network.parameters.names };
}

test.each([
  ["llama-tied", "model."],
  ["gpt2", "transformer."],
])("a trunk of %s, saved without its prefix %s, gives the same scores", async (name, prefix) => {
  await change(name, {}, (tensors) => [...tensors].map(([key, tensor]) => [key.replace(prefix, ""), tensor] as const));
  expect(await run(folder)).toEqual(await run(join(goldenFolder, name)));
});

const embedding = (tensors: Tensors, scale: number): TensorValues => {
  const table = tensors.get("model.embed_tokens.weight");
  if (table === undefined) throw new Error("no embedding");
  return { shape: table.shape, values: table.values.map((value) => value * scale) };
};

test("a head that is stored beside the embedding it is tied to adds no parameter", async () => {
  await change("llama-tied", {}, (tensors) => [...tensors, ["lm_head.weight", embedding(tensors, 1)]]);
  expect(await run(folder)).toEqual(await run(join(goldenFolder, "llama-tied")));
});

test("a head with numbers of its own is used, whatever the config says", async () => {
  await change("llama-tied", {}, (tensors) => [...tensors, ["lm_head.weight", embedding(tensors, 2)]]);
  const { scores, names } = await run(folder);
  expect(names).toContain("lm_head.weight");
  const tied = await run(join(goldenFolder, "llama-tied"));
  expect(scores).toEqual(tied.scores.map((score) => score * 2));
});

test("layers of Qwen2 that slide are named one by one, or counted from max_window_layers", async () => {
  const wanted = await run(join(goldenFolder, "qwen2"));
  await change("qwen2", { layer_types: ["full_attention", "sliding_attention"], max_window_layers: 28 });
  expect(await run(folder)).toEqual(wanted);
  await change("qwen2", { layer_types: ["sliding_attention", "sliding_attention"] });
  expect((await run(folder)).scores).not.toEqual(wanted.scores);
});

test("what a config of Mistral leaves out is Mistral 7B's: 8 heads of keys, and a window of 4096 tokens", async () => {
  await change("mistral", { num_key_value_heads: undefined });
  await expect(openNetwork(folder)).rejects.toThrow("num_key_value_heads: 8 heads of keys do not divide 4 heads of queries");
  // One layer, so that nothing is passed on from a layer below.
  const short = { num_hidden_layers: 1, max_position_embeddings: 5000 };
  const text = Array.from({ length: 4097 }, (_, index) => 1 + (index % 29));
  const scoresOf = async (first: number) => (await run(folder, [first, ...text.slice(1)])).scores;
  await change("mistral", { ...short, sliding_window: undefined });
  expect(await scoresOf(30)).toEqual(await scoresOf(1));
  await change("mistral", { ...short, sliding_window: 4097 });
  expect(await scoresOf(30)).not.toEqual(await scoresOf(1));
});
