import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openNetwork } from "../open-network.ts";
import { saveTensors } from "../save-tensors.ts";

const llama3 = {
  factor: 32,
  high_freq_factor: 4,
  low_freq_factor: 1,
  original_max_position_embeddings: 8192,
  rope_type: "llama3",
};

/** What config.json says of the network in models as they were published, in the spelling of their time. */
const published: Record<string, object> = {
  "GPT-2 of 2019": {
    ...{ model_type: "gpt2", activation_function: "gelu_new", layer_norm_epsilon: 1e-5, vocab_size: 50257 },
    ...{ n_ctx: 1024, n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024 },
  },
  "Llama 2 7B": {
    ...{ model_type: "llama", hidden_act: "silu", hidden_size: 4096, intermediate_size: 11008, max_position_embeddings: 4096 },
    ...{ num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 32, pretraining_tp: 1, rms_norm_eps: 1e-5 },
    ...{ rope_scaling: null, tie_word_embeddings: false, torch_dtype: "float16", vocab_size: 32000 },
  },
  "Llama 3.2 1B": {
    ...{ model_type: "llama", hidden_act: "silu", hidden_size: 2048, intermediate_size: 8192, max_position_embeddings: 131072 },
    ...{ num_attention_heads: 32, num_hidden_layers: 16, num_key_value_heads: 8, head_dim: 64, rms_norm_eps: 1e-5 },
    ...{
      attention_bias: false,
      mlp_bias: false,
      rope_scaling: llama3,
      rope_theta: 5e5,
      tie_word_embeddings: true,
      vocab_size: 128256,
    },
  },
  "Mistral 7B v0.1": {
    ...{ model_type: "mistral", hidden_act: "silu", hidden_size: 4096, intermediate_size: 14336, max_position_embeddings: 32768 },
    ...{ num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5, rope_theta: 1e4 },
    ...{ sliding_window: 4096, tie_word_embeddings: false, vocab_size: 32000 },
  },
  "Qwen2.5 0.5B": {
    ...{ model_type: "qwen2", hidden_act: "silu", hidden_size: 896, intermediate_size: 4864, max_position_embeddings: 32768 },
    ...{ num_attention_heads: 14, num_hidden_layers: 24, num_key_value_heads: 2, rms_norm_eps: 1e-6, rope_theta: 1e6 },
    ...{ max_window_layers: 24, sliding_window: 32768, tie_word_embeddings: true, use_mrope: false, use_sliding_window: false },
    ...{ vocab_size: 151936 },
  },
  "Mixtral 8x7B": {
    ...{ model_type: "mixtral", hidden_act: "silu", hidden_size: 4096, intermediate_size: 14336, max_position_embeddings: 32768 },
    ...{ num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5, rope_theta: 1e6 },
    ...{ num_experts_per_tok: 2, num_local_experts: 8, router_aux_loss_coef: 0.02, sliding_window: null },
    ...{ tie_word_embeddings: false, vocab_size: 32000 },
  },
};

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "published-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each(Object.entries(published))(
  "the config of %s is taken: of a checkpoint without tensors, those are what is missing",
  async (_, config) => {
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    await saveTensors(join(folder, "model.safetensors"), [], new Map());
    await expect(openNetwork(folder)).rejects.toThrow(/ has no tensor "(model\.embed_tokens|transformer\.wte)\.weight"/);
  },
);
