import { describe, expect, test } from "vitest";
import type { CheckpointSource } from "../architecture.ts";
import type { WantedTensor } from "../take-tensors.ts";
import { clipTrunk, parseClipConfig } from "./clip-config.ts";
import { parseResNetConfig } from "./resnet.ts";
import { planResNet } from "./resnet-plan.ts";
import { parseRobertaConfig, robertaHead, robertaTrunk } from "./roberta-config.ts";
import { parseT5Config, t5Tensors } from "./t5-config.ts";
import { countPatches } from "./vision-config.ts";
import { parseVitConfig, vitTrunk } from "./vit.ts";

/** Configs as the well-known models were published with; numbers of parameters are those that are published about them. */
const sourceOf = (config: object): CheckpointSource => ({
  config,
  configFile: "config.json",
  folder: "model",
  names: new Set(),
  read: async () => new Map(),
});

const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
const count = (tensors: readonly WantedTensor[]) => tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

const base = { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, num_hidden_layers: 12 };

describe("RoBERTa with its masked head", () => {
  const shared = {
    ...base,
    architectures: ["RobertaForMaskedLM"],
    attention_probs_dropout_prob: 0.1,
    bos_token_id: 0,
    eos_token_id: 2,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    initializer_range: 0.02,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 514,
    pad_token_id: 1,
    type_vocab_size: 1,
  };
  test.each([
    ["roberta-base", { ...shared, model_type: "roberta", vocab_size: 50265 }, 124_697_433],
    ["xlm-roberta-base", { ...shared, model_type: "xlm-roberta", output_past: true, vocab_size: 250_002 }, 278_295_186],
  ])("%s", (_, config, parameters) => {
    const source = sourceOf(config);
    const parsed = parseRobertaConfig(source);
    expect(parsed.maxLength).toBe(512);
    expect(count([...robertaTrunk(parsed, source), ...robertaHead(parsed, source, 0)])).toBe(parameters);
  });
});

describe("T5", () => {
  const shared = {
    model_type: "t5",
    architectures: ["T5ForConditionalGeneration"],
    decoder_start_token_id: 0,
    dropout_rate: 0.1,
    eos_token_id: 1,
    initializer_factor: 1,
    is_encoder_decoder: true,
    layer_norm_epsilon: 1e-6,
    n_positions: 512,
    pad_token_id: 0,
    relative_attention_num_buckets: 32,
    task_specific_params: { summarization: { num_beams: 4 } },
    vocab_size: 32128,
  };
  test.each([
    ["t5-small", { ...shared, d_ff: 2048, d_kv: 64, d_model: 512, num_heads: 8, num_layers: 6 }, 60_506_624],
    ["t5-base", { ...shared, d_ff: 3072, d_kv: 64, d_model: 768, num_heads: 12, num_layers: 12 }, 222_903_552],
    [
      "flan-t5-small",
      {
        ...{ ...shared, d_ff: 1024, d_kv: 64, d_model: 512, num_heads: 6, num_layers: 8, num_decoder_layers: 8 },
        ...{ feed_forward_proj: "gated-gelu", is_gated_act: true, dense_act_fn: "gelu_new", tie_word_embeddings: false },
      },
      76_961_152,
    ],
    [
      "flan-t5-base",
      {
        ...{ ...shared, d_ff: 2048, d_kv: 64, d_model: 768, num_heads: 12, num_layers: 12, num_decoder_layers: 12 },
        ...{ feed_forward_proj: "gated-gelu", tie_word_embeddings: false },
      },
      247_577_856,
    ],
  ])("%s", (_, config, parameters) => {
    const source = sourceOf(config);
    const parsed = parseT5Config(source);
    const head = parsed.tie_word_embeddings ? 0 : parsed.vocab_size * parsed.d_model;
    expect(parsed.isScaled).toBe(parsed.tie_word_embeddings);
    expect(count(t5Tensors(parsed, source)) + head).toBe(parameters);
  });
});

test("ViT-B/16 with a thousand classes", () => {
  const source = sourceOf({
    ...base,
    architectures: ["ViTForImageClassification"],
    attention_probs_dropout_prob: 0,
    hidden_act: "gelu",
    hidden_dropout_prob: 0,
    image_size: 224,
    initializer_range: 0.02,
    layer_norm_eps: 1e-12,
    model_type: "vit",
    num_channels: 3,
    patch_size: 16,
    qkv_bias: true,
  });
  const config = parseVitConfig(source);
  expect(count(vitTrunk(config, countPatches(config, "config.json"), source)) + 1000 * 768 + 1000).toBe(86_567_656);
});

test("the image tower of CLIP ViT-B/32, whose config says little", () => {
  const source = sourceOf({
    model_type: "clip",
    logit_scale_init_value: 2.6592,
    projection_dim: 512,
    text_config: { model_type: "clip_text_model", vocab_size: 49408 },
    text_config_dict: null,
    vision_config: { model_type: "clip_vision_model" },
    vision_config_dict: null,
  });
  const config = parseClipConfig(source);
  const finalNorm = 2 * 768;
  expect(count(clipTrunk(config, countPatches(config, "config.json"), source)) + finalNorm).toBe(87_456_000);
});

test("an older config of CLIP says it twice, and the second time counts", () => {
  const source = sourceOf({ model_type: "clip", vision_config: {}, vision_config_dict: { patch_size: 16, hidden_act: "gelu" } });
  expect(parseClipConfig(source)).toMatchObject({ patch_size: [16, 16], hidden_act: "gelu", hidden_size: 768 });
});

test.each([
  ["resnet-18", { layer_type: "basic", depths: [2, 2, 2, 2], hidden_sizes: [64, 128, 256, 512] }, 11_689_512],
  ["resnet-50", { layer_type: "bottleneck", depths: [3, 4, 6, 3], hidden_sizes: [256, 512, 1024, 2048] }, 25_557_032],
])("%s with a thousand classes", (_, config, parameters) => {
  const shared = {
    model_type: "resnet",
    embedding_size: 64,
    num_channels: 3,
    hidden_act: "relu",
    downsample_in_first_stage: false,
  };
  const plan = planResNet(parseResNetConfig(sourceOf({ ...shared, ...config })));
  const convolutions = [plan.stem, ...plan.blocks.flatMap(({ layers, shortcut }) => (shortcut ? [...layers, shortcut] : layers))];
  const trunk = convolutions.reduce((sum, { inputs, outputs, kernel }) => sum + outputs * (inputs * kernel * kernel + 2), 0);
  expect(trunk + 1000 * plan.features + 1000).toBe(parameters);
});
