import { z } from "zod";
import type { CheckpointSource } from "../architecture.ts";
import { countUpTo, notQuantised, parseConfig } from "../parse-config.ts";
import type { WantedTensor } from "../take-tensors.ts";
import { visionKeys } from "./vision-config.ts";
import { type LayerNames, layerShapes } from "./vision-transformer.ts";

/** With the defaults of CLIP ViT-B/32: a nested config holds only what differs from them. */
const vision = z.looseObject({
  hidden_size: visionKeys.hidden_size.default(768),
  num_hidden_layers: visionKeys.num_hidden_layers.default(12),
  num_attention_heads: visionKeys.num_attention_heads.default(12),
  intermediate_size: visionKeys.intermediate_size.default(3072),
  image_size: visionKeys.image_size.default([224, 224]),
  patch_size: visionKeys.patch_size.default([32, 32]),
  num_channels: visionKeys.num_channels,
  layer_norm_eps: visionKeys.layer_norm_eps.default(1e-5),
  hidden_act: visionKeys.hidden_act.default("quick_gelu"),
  projection_dim: countUpTo(65_536).default(512),
  quantization_config: notQuantised,
});

const whole = z.looseObject({
  model_type: z.literal("clip"),
  projection_dim: countUpTo(65_536).default(512),
  vision_config: vision,
  quantization_config: notQuantised,
  /** An older way of saying the same; its values win. */
  vision_config_dict: z.looseObject({}).nullish(),
});

const tower = vision.extend({ model_type: z.literal("clip_vision_model") });

export type ClipConfig = z.infer<typeof vision> & { readonly model_type: "clip" | "clip_vision_model" };

export function parseClipConfig({ config, configFile }: CheckpointSource): ClipConfig {
  const isWhole = typeof config === "object" && config !== null && "model_type" in config && config.model_type === "clip";
  if (!isWhole) return parseConfig(tower, config, configFile);
  const { vision_config_dict: older, ...parsed } = parseConfig(whole, config, configFile);
  const merged = { ...(config as { vision_config?: object }).vision_config, ...older };
  const nested = older ? parseConfig(vision, merged, `${configFile}: vision_config_dict`) : parsed.vision_config;
  return { ...nested, projection_dim: parsed.projection_dim, model_type: "clip" };
}

export const clipNames: LayerNames = {
  attentionNorm: "layer_norm1",
  query: "self_attn.q_proj",
  key: "self_attn.k_proj",
  value: "self_attn.v_proj",
  output: "self_attn.out_proj",
  forwardNorm: "layer_norm2",
  wide: "mlp.fc1",
  narrow: "mlp.fc2",
};

/** Everything up to the last layer; what stands above it depends on the head. A tower saved without its prefix is found by its names. */
export function clipTrunk(config: ClipConfig, patches: number, from: CheckpointSource): WantedTensor[] {
  const d = config.hidden_size;
  const layer = layerShapes(config, clipNames, true);
  const shapes: [string, number[]][] = [
    ["embeddings.class_embedding", [d]],
    ["embeddings.position_embedding.weight", [patches + 1, d]],
    ["embeddings.patch_embedding.weight", [d, config.num_channels, ...config.patch_size]],
    ["pre_layrnorm.weight", [d]],
    ["pre_layrnorm.bias", [d]],
    ...Array.from({ length: config.num_hidden_layers }, (_, index) => index).flatMap((index) =>
      layer.map(([name, shape]): [string, number[]] => [`encoder.layers.${index}.${name}`, shape]),
    ),
  ];
  return shapes.map(([name, shape]) => ({ ...towerTensor(name, from), shape, from }));
}

/** A tensor of the image tower under its full name, and where it lies. */
export function towerTensor(name: string, from: CheckpointSource): { name: string; stored: string } {
  const full = `vision_model.${name}`;
  return { name: full, stored: from.names.has("embeddings.class_embedding") ? name : full };
}
