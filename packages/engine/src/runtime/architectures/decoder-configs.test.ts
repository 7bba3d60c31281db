import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { selectBackend } from "../backend.ts";
import type { Network } from "../network.ts";
import { type OpenNetworkOptions, openNetwork, runnableHeads } from "../open-network.ts";

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

const llama3 = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 16 };

test.each<[name: string, key: string, value: unknown]>([
  ["gpt2", "n_layer", -1],
  ["gpt2", "n_head", 1e9],
  ["gpt2", "n_head", 5],
  ["gpt2", "n_embd", "12"],
  ["gpt2", "n_positions", undefined],
  ["gpt2", "activation_function", "mish"],
  ["gpt2", "scale_attn_weights", false],
  ["gpt2", "scale_attn_by_inverse_layer_idx", true],
  ["gpt2", "add_cross_attention", true],
  ["gpt2", "layer_norm_epsilon", 0],
  ["llama", "num_hidden_layers", 1e9],
  ["llama", "num_attention_heads", 2.5],
  ["llama", "num_key_value_heads", 3],
  ["llama", "num_key_value_heads", 0],
  ["llama", "head_dim", 3],
  ["llama", "hidden_size", 1e6],
  ["llama", "hidden_act", "gelu"],
  ["llama", "rms_norm_eps", -1e-6],
  ["llama", "vocab_size", null],
  ["llama", "rope_theta", 0],
  ["llama", "is_causal", false],
  ["llama", "partial_rotary_factor", 0.5],
  ["llama", "quantization_config", { quant_method: "gptq" }],
  ["llama", "auto_map", { AutoModel: "evil.Model" }],
  ["llama", "rope_scaling", "linear"],
  ["llama", "rope_scaling", { type: "dynamic", factor: 2 }],
  ["llama", "rope_scaling", { rope_type: "yarn", factor: 4 }],
  ["llama", "rope_scaling.factor", { type: "linear" }],
  ["llama", "rope_scaling.factor", { type: "linear", factor: -1 }],
  ["llama", "rope_scaling.high_freq_factor", { ...llama3, high_freq_factor: undefined }],
  ["llama", "rope_scaling.low_freq_factor", { ...llama3, low_freq_factor: 4 }],
  ["llama", "rope_parameters.partial_rotary_factor", { rope_type: "default", partial_rotary_factor: 0.25 }],
  ["mistral", "sliding_window", 0],
  ["mistral", "sliding_window", "all"],
  ["qwen2", "layer_types", ["full_attention"]],
  ["qwen2", "use_sliding_window", 1],
  ["mixtral", "num_experts_per_tok", 5],
  ["mixtral", "num_local_experts", 0],
])("%s with %s refused by its name: %j", async (name, key, value) => {
  const [first = key] = key.split(".");
  await expect(open(name, { [first]: value })).rejects.toThrow(`config.json: ${key}`);
});

test.each<[name: string, changed: object, message: string]>([
  ["gpt2", { activation_function: "mish" }, '"mish" is not implemented here; gelu, gelu_new,'],
  ["llama", { hidden_act: "gelu" }, '"gelu" is not implemented here, only "silu"'],
  ["llama", { num_attention_heads: 6, head_dim: null }, "num_attention_heads: 6 heads do not divide hidden_size 16"],
  ["llama", { num_attention_heads: 3 }, "num_key_value_heads: 2 heads of keys do not divide 3 heads of queries"],
  ["llama", { rope_scaling: { type: "dynamic", factor: 2 } }, 'positions of type "dynamic" are not implemented here'],
  ["qwen2", { layer_types: ["sliding_attention", "chunked_attention"] }, "layer_types.1"],
  [
    "qwen2",
    { use_sliding_window: false, layer_types: ["full_attention", "sliding_attention"] },
    "layer_types: a layer of sliding attention needs use_sliding_window",
  ],
  [
    "mixtral",
    { num_hidden_layers: 1000, num_local_experts: 4096 },
    "num_local_experts: 4096 in each of 1000 layers are too many",
  ],
])("%s with %j says what is wrong", async (name, changed, message) => {
  await expect(open(name, changed)).rejects.toThrow(message);
});

test.each([
  ["gpt2", { n_inner: 15 }, 'tensor "transformer.h.0.mlp.c_fc.weight" has shape [12, 16];'],
  ["gpt2", { n_inner: null }, "config.json asks for [12, 48]"],
  ["llama", { num_hidden_layers: 3 }, 'has no tensor "model.layers.2.input_layernorm.weight"'],
  ["llama", { attention_bias: true }, 'has no tensor "model.layers.0.self_attn.q_proj.bias"'],
  ["llama-tied", { tie_word_embeddings: false }, 'has no tensor "lm_head.weight"'],
  ["mixtral", { num_local_experts: 5 }, 'has no tensor "model.layers.0.block_sparse_moe.experts.4.w1.weight"'],
])("%s with %j names the tensor", async (name, changed, message) => {
  await expect(open(name, changed)).rejects.toThrow(message);
});

test("heads: causal first, then classification, whose labels are those of its tensor", async () => {
  const network = await open("gpt2-classification", {}, { head: "classification", labels: 3 });
  expect(network.outputs).toBe(3);
  network.dispose();
  expect(await runnableHeads(folder)).toEqual(["causal-language", "classification"]);
  await expect(openNetwork(folder, { head: "classification", labels: 4 })).rejects.toThrow("the head tells 3 classes apart");
  await expect(openNetwork(folder, { head: "masked-language" })).rejects.toThrow("has no masked-language head here");
});
