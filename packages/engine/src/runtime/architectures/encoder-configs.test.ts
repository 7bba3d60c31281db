import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { selectBackend } from "../backend.ts";
import type { Network } from "../network.ts";
import { type OpenNetworkOptions, openNetwork } from "../open-network.ts";
import { saveTensors } from "../save-tensors.ts";
import { tf } from "../tf.ts";
import { padBatch } from "../token-batch.ts";

const golden = join(import.meta.dirname, "..", "golden");
let folder = "";
beforeAll(() => selectBackend("cpu"));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "configs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The checkpoint `name` with some keys of its config changed; undefined takes a key away. */
async function open(name: string, changed: object, options: OpenNetworkOptions = {}): Promise<Network> {
  await cp(join(golden, name), folder, { recursive: true });
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...changed }));
  return openNetwork(folder, options);
}

const roberta = "roberta-classification";
test.each<[name: string, key: string, value: unknown]>([
  [roberta, "num_hidden_layers", -1],
  [roberta, "num_attention_heads", 1e9],
  [roberta, "num_attention_heads", 3],
  [roberta, "hidden_size", 10.5],
  [roberta, "vocab_size", undefined],
  [roberta, "layer_norm_eps", Number.POSITIVE_INFINITY],
  [roberta, "max_position_embeddings", 2],
  [roberta, "hidden_act", "relu"],
  [roberta, "position_embedding_type", "relative_key"],
  [roberta, "is_decoder", true],
  [roberta, "tie_word_embeddings", false],
  [roberta, "quantization_config", { load_in_8bit: true }],
  [roberta, "auto_map", { AutoModel: "evil.Model" }],
  ["t5", "num_layers", 1e6],
  ["t5", "feed_forward_proj", "gated-silu"],
  ["t5", "relative_attention_num_buckets", 0],
  ["t5", "relative_attention_max_distance", 4],
  ["t5", "d_kv", "5"],
  ["t5", "decoder_start_token_id", 43],
  ["vit", "patch_size", 5],
  ["vit", "image_size", 1e9],
  ["vit", "hidden_act", "swish"],
  ["vit", "num_attention_heads", 3],
  ["clip-vision", "projection_dim", 0],
  ["clip", "vision_config", "text"],
  ["clip", "vision_config", undefined],
  ["resnet-basic", "depths", [1]],
  ["resnet-basic", "hidden_act", "gelu"],
  ["resnet-basic", "layer_type", "other"],
  ["resnet-basic", "hidden_sizes", []],
  ["cnn", "layers", [{ type: "conv", channels: 4, kernel_size: 3, dilation: 2 }]],
  ["cnn", "layers", [{ type: "max_pool", kernel_size: 17, stride: 1 }]],
  ["clip", "quantization_config", {}],
  ["cnn", "layers", [{ type: "dropout" }]],
])("%s with %s = %j is refused by the key's name", async (name, key, value) => {
  await expect(open(name, { [key]: value })).rejects.toThrow(`config.json: ${key}`);
});

test.each([
  [roberta, { intermediate_size: 15 }, 'tensor "roberta.encoder.layer.0.intermediate.dense.weight" has shape'],
  ["t5", { vocab_size: 44 }, 'tensor "shared.weight" has shape [43, 10];'],
  ["vit", { num_hidden_layers: 3 }, 'has no tensor "vit.encoder.layer.2.layernorm_before.weight"'],
  ["clip-vision", {}, 'has neither "zero_shot.weight" (a text embedding for every label) nor "classifier.weight"'],
  ["resnet-basic", { layer_type: "bottleneck" }, 'has no tensor "resnet.encoder.stages.0.layers.0.layer.2.convolution.weight"'],
])("%s with %j names the tensor", async (name, changed, message) => {
  await expect(open(name, changed)).rejects.toThrow(message);
});

test("a head of another number of labels is refused", async () => {
  for (const name of [roberta, "vit", "clip", "resnet-basic", "cnn"]) {
    await expect(open(name, {}, { labels: 4 })).rejects.toThrow("the head tells 3 classes apart; the task has 4 labels.");
  }
});

test("XLM-R is RoBERTa under another name", async () => {
  const network = await open(roberta, { model_type: "xlm-roberta" });
  expect(network.architecture).toBe("xlm-roberta");
  network.dispose();
});

test("a text beyond the positions of RoBERTa is refused, padding inside it not counted", async () => {
  const network = await open(roberta, {});
  if (network.input !== "tokens") throw new Error("not a text network");
  // 12 positions, the first two of them for padding.
  expect(network.maxLength).toBe(10);
  const text = Array.from({ length: 10 }, () => 5);
  network.logits(padBatch([text])).dispose();
  expect(() => network.logits(padBatch([[...text, 5]]))).toThrow("A text of 11 tokens does not fit the model's 10 positions.");
  network.dispose();
});

test("images of another shape are refused", async () => {
  for (const name of ["vit", "clip", "resnet-basic", "cnn"]) {
    const network = await open(name, {});
    if (network.input !== "images") throw new Error("not an image network");
    const [height, width, channels] = network.imageShape;
    const images = tf.zeros<tf.Rank.R4>([1, height ?? 8, width ?? 8, channels + 1]);
    expect(() => network.logits(images)).toThrow(`(height × width × channels) for a network that takes ${height ?? "any"}`);
    images.dispose();
    network.dispose();
  }
});

test("T5: a head stored beside the shared matrix is tied when it holds the same numbers, and its own otherwise", async () => {
  const shared = await open("t5", {});
  const values = shared.parameters.values("shared.weight");
  const tensors = shared.parameters.names.map(
    (name) => [name, { shape: shared.parameters.shape(name), values: shared.parameters.values(name) }] as const,
  );
  const stored = async (head: Float32Array) => {
    await saveTensors(
      join(folder, "model.safetensors"),
      [...tensors, ["lm_head.weight", { shape: [43, 10], values: head }]],
      new Map(),
    );
    const network = await openNetwork(folder);
    network.dispose();
    return network.parameters.has("lm_head.weight");
  };
  expect(await stored(values)).toBe(false);
  expect(await stored(values.map((value) => value + 1))).toBe(true);
  shared.dispose();
});
