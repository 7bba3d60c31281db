import { z } from "zod";
import type { CheckpointSource } from "../architecture.ts";
import { countUpTo, layerCount, notQuantised, oneOf, parseConfig } from "../parse-config.ts";
import type { WantedTensor } from "../take-tensors.ts";

const schema = z.looseObject({
  model_type: z.literal("t5"),
  vocab_size: countUpTo(10_000_000),
  d_model: countUpTo(65_536),
  d_kv: countUpTo(65_536),
  d_ff: countUpTo(1_000_000),
  num_layers: layerCount,
  num_decoder_layers: layerCount.nullish(),
  num_heads: countUpTo(1_024),
  relative_attention_num_buckets: z.number().int().min(4).max(100_000).default(32),
  relative_attention_max_distance: countUpTo(10_000_000).default(128),
  layer_norm_epsilon: z.number().positive().max(1).default(1e-6),
  feed_forward_proj: oneOf(["relu", "gated-gelu"]).default("relu"),
  decoder_start_token_id: z.number().int().min(0).max(10_000_000).nullish(),
  pad_token_id: z.number().int().min(0).max(10_000_000).nullish(),
  tie_word_embeddings: z.boolean().default(true),
  /** Newer configs say so themselves; in older ones an untied head means no scaling. */
  scale_decoder_outputs: z.boolean().optional(),
  /** The length that the model was trained with; positions are relative, so this is no limit of its tensors. */
  n_positions: countUpTo(1_000_000).default(512),
  quantization_config: notQuantised,
});

export interface T5Config extends z.infer<typeof schema> {
  readonly decoderLayers: number;
  readonly startToken: number;
  readonly isScaled: boolean;
}

export function parseT5Config({ config, configFile }: CheckpointSource): T5Config {
  const parsed = parseConfig(schema, config, configFile);
  // One bucket a distance up to a quarter (or half) of them; the logarithmic ones need distances beyond.
  if (parsed.relative_attention_max_distance <= parsed.relative_attention_num_buckets / 2) {
    throw new Error(
      `${configFile}: relative_attention_max_distance: ${parsed.relative_attention_max_distance} leaves no distances for ${parsed.relative_attention_num_buckets} buckets.`,
    );
  }
  const startToken = parsed.decoder_start_token_id ?? parsed.pad_token_id ?? 0;
  if (startToken >= parsed.vocab_size) {
    throw new Error(`${configFile}: decoder_start_token_id: ${startToken} is not among the ${parsed.vocab_size} tokens.`);
  }
  return {
    ...parsed,
    startToken,
    decoderLayers: parsed.num_decoder_layers ?? parsed.num_layers,
    isScaled: parsed.scale_decoder_outputs ?? parsed.tie_word_embeddings,
  };
}

/** Tensors of encoder and decoder, with the embedding that both share; the head is apart. */
export function t5Tensors(config: T5Config, from: CheckpointSource): WantedTensor[] {
  const { d_model: d, d_ff: wide } = config;
  const inner = config.num_heads * config.d_kv;
  const wanted: WantedTensor[] = [{ name: "shared.weight", shape: [config.vocab_size, d], from }];
  const add = (name: string, shape: number[]) => wanted.push({ name: `${name}.weight`, shape, from });
  const attention = (prefix: string, kind: string) => {
    for (const part of ["q", "k", "v"]) add(`${prefix}.${kind}.${part}`, [inner, d]);
    add(`${prefix}.${kind}.o`, [d, inner]);
    add(`${prefix}.layer_norm`, [d]);
  };
  const stack = (name: string, layers: number, isDecoder: boolean) => {
    if (layers > 0) {
      const bias = `${name}.block.0.layer.0.SelfAttention.relative_attention_bias`;
      add(bias, [config.relative_attention_num_buckets, config.num_heads]);
    }
    for (let layer = 0; layer < layers; layer++) {
      const prefix = `${name}.block.${layer}.layer`;
      attention(`${prefix}.0`, "SelfAttention");
      if (isDecoder) attention(`${prefix}.1`, "EncDecAttention");
      const forward = `${prefix}.${isDecoder ? 2 : 1}`;
      for (const part of config.feed_forward_proj === "relu" ? ["wi"] : ["wi_0", "wi_1"]) {
        add(`${forward}.DenseReluDense.${part}`, [wide, d]);
      }
      add(`${forward}.DenseReluDense.wo`, [d, wide]);
      add(`${forward}.layer_norm`, [d]);
    }
    add(`${name}.final_layer_norm`, [d]);
  };
  stack("encoder", config.num_layers, false);
  stack("decoder", config.decoderLayers, true);
  return wanted;
}
