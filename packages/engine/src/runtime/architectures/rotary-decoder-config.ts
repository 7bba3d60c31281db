import { z } from "zod";
import { countUpTo, layerCount, only } from "../parse-config.ts";
import { type RotaryConfig, rotaryFields, rotaryFrequencies } from "../rotary.ts";

/** Keys of config.json that Llama, Mistral, Qwen2 and Mixtral share. What would change the function, and is not implemented, has one value here. */
export const rotaryDecoderFields = {
  vocab_size: countUpTo(10_000_000),
  hidden_size: countUpTo(65_536),
  intermediate_size: countUpTo(1_000_000),
  num_hidden_layers: layerCount,
  num_attention_heads: countUpTo(1_024),
  num_key_value_heads: countUpTo(1_024).nullish(),
  head_dim: countUpTo(65_536).nullish(),
  hidden_act: only("silu").default("silu"),
  max_position_embeddings: countUpTo(100_000_000),
  rms_norm_eps: z.number().positive().max(1).default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  is_causal: only(true).default(true),
  add_cross_attention: only(false).default(false),
  quantization_config: z.null({ error: "quantised weights are not run here" }).optional(),
  ...rotaryFields,
};

/** How many positions a position sees; null: all before it. */
export const slidingWindow = countUpTo(100_000_000).nullable();

interface SharedConfig extends RotaryConfig {
  readonly model_type: string;
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads?: number | null | undefined;
  readonly head_dim?: number | null | undefined;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly tie_word_embeddings: boolean;
}

export interface RotaryDecoderConfig {
  readonly modelType: string;
  readonly vocabulary: number;
  readonly width: number;
  /** Width inside the feed-forward part. */
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly epsilon: number;
  readonly maxLength: number;
  readonly isTied: boolean;
  readonly frequencies: Float32Array;
  /** Sliding window of each layer that has one. */
  readonly windows: readonly (number | undefined)[];
  readonly biases: { readonly input: boolean; readonly output: boolean; readonly feedForward: boolean };
}

/** Checks what the keys say together. Throws an Error that names `where` and the key. */
export function readRotaryDecoder(
  config: SharedConfig,
  where: string,
  own: Partial<Pick<RotaryDecoderConfig, "windows" | "biases">> = {},
): RotaryDecoderConfig {
  const { hidden_size: width, num_attention_heads: heads } = config;
  const keyHeads = config.num_key_value_heads ?? heads;
  if (heads % keyHeads !== 0) {
    throw new Error(`${where}: num_key_value_heads: ${keyHeads} heads of keys do not divide ${heads} heads of queries.`);
  }
  const headSize = config.head_dim ?? width / heads;
  if (!Number.isInteger(headSize)) {
    throw new Error(
      `${where}: num_attention_heads: ${heads} heads do not divide hidden_size ${width}, and head_dim is not given.`,
    );
  }
  return {
    modelType: config.model_type,
    vocabulary: config.vocab_size,
    width,
    inner: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    keyHeads,
    headSize,
    epsilon: config.rms_norm_eps,
    maxLength: config.max_position_embeddings,
    isTied: config.tie_word_embeddings,
    frequencies: rotaryFrequencies(config, headSize, where),
    windows: own.windows ?? [],
    biases: own.biases ?? { input: false, output: false, feedForward: false },
  };
}

/** The same window in every layer. */
export const sameWindow = ({ num_hidden_layers: layers }: SharedConfig, window: number | null): (number | undefined)[] =>
  window === null ? [] : new Array<number>(layers).fill(window);
