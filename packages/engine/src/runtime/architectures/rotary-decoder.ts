import { type RopeTables, rope, swiglu } from "@amalgam/tfjs-backend-ort";
import type { Attending } from "../attending.ts";
import type { Layers } from "../layers.ts";
import { rotaryTables } from "../rotary.ts";
import { tf } from "../tf.ts";
import type { DecoderTrunk } from "./decoder.ts";
import type { RotaryDecoderConfig } from "./rotary-decoder-config.ts";

type Tensors = (readonly [name: string, shape: readonly number[]])[];

/** The part of a layer that works on each token alone. */
export interface FeedForward {
  /** Tensors below the prefix of the layer. */
  tensors(prefix: string): Tensors;
  /** [n, width] → [n, width]; `prefix` is that of the layer. */
  run(layers: Layers, prefix: string, x: tf.Tensor2D): tf.Tensor2D;
}

/**
 * The trunk that Llama, Mistral, Qwen2 and Mixtral share: pre-norm layers x ← x + attention(rms(x)), x ← x + feedForward(rms(x)), with
 * rotary positions and grouped queries. Source: Touvron et al. 2023.
 */
export function rotaryDecoder(config: RotaryDecoderConfig, feedForward = gatedFeedForward(config)): DecoderTrunk {
  const tables = rotaryTables(config.frequencies);
  const { width, layers: depth, epsilon } = config;
  return {
    modelType: config.modelType,
    vocabulary: config.vocabulary,
    width,
    maxLength: config.maxLength,
    prefix: "model.",
    embedding: "embed_tokens",
    isTied: config.isTied,
    tensors: [
      ["embed_tokens.weight", [config.vocabulary, width]],
      ...Array.from({ length: depth }, (_, layer) => layerTensors(config, feedForward, `layers.${layer}`)).flat(),
      ["norm.weight", [width]],
    ],
    run: (layers, ids, attending) => {
      const angles = tables(attending.places);
      let hidden = layers.embedding("model.embed_tokens", ids);
      for (let layer = 0; layer < depth; layer++) {
        const below = hidden;
        const prefix = `model.layers.${layer}`;
        hidden = tf.tidy(() => {
          const normal = layers.rmsNorm(`${prefix}.input_layernorm`, below, epsilon);
          const attended = tf.add(below, attention(layers, config, layer, normal, attending, angles)) as tf.Tensor2D;
          const between = layers.rmsNorm(`${prefix}.post_attention_layernorm`, attended, epsilon);
          return tf.add(attended, feedForward.run(layers, prefix, between));
        });
        below.dispose();
      }
      return hidden;
    },
    normalise: (layers, rows) => layers.rmsNorm("model.norm", rows, epsilon),
  };
}

function layerTensors(config: RotaryDecoderConfig, feedForward: FeedForward, prefix: string): Tensors {
  const { width, heads, keyHeads, headSize, biases } = config;
  const [queries, keys] = [heads * headSize, keyHeads * headSize];
  const attention = `${prefix}.self_attn`;
  return [
    [`${prefix}.input_layernorm.weight`, [width]],
    ...denseTensors(`${attention}.q_proj`, queries, width, biases.input),
    ...denseTensors(`${attention}.k_proj`, keys, width, biases.input),
    ...denseTensors(`${attention}.v_proj`, keys, width, biases.input),
    ...denseTensors(`${attention}.o_proj`, width, queries, biases.output),
    [`${prefix}.post_attention_layernorm.weight`, [width]],
    ...feedForward.tensors(prefix),
  ];
}

function denseTensors(name: string, outputs: number, inputs: number, hasBias: boolean): Tensors {
  const weight: Tensors = [[`${name}.weight`, [outputs, inputs]]];
  return hasBias ? [...weight, [`${name}.bias`, [outputs]]] : weight;
}

function attention(
  layers: Layers,
  config: RotaryDecoderConfig,
  layer: number,
  x: tf.Tensor2D,
  attending: Attending,
  angles: RopeTables,
): tf.Tensor2D {
  const { heads, keyHeads } = config;
  const prefix = `model.layers.${layer}.self_attn`;
  const { batch, places } = attending;
  const { length } = places;
  const query = rope(layers.dense(`${prefix}.q_proj`, x), angles, { batch, length, heads });
  const key = rope(layers.dense(`${prefix}.k_proj`, x), angles, { batch, length, heads: keyHeads });
  const value = layers.dense(`${prefix}.v_proj`, x);
  const window = config.windows[layer];
  const shape = { heads, keyHeads, ...(window === undefined ? {} : { window }) };
  return layers.dense(`${prefix}.o_proj`, attending.attend(layer, query, key, value, shape));
}

/** down·(silu(gate·x) ⊙ up·x) */
function gatedFeedForward({ width, inner, biases }: RotaryDecoderConfig): FeedForward {
  return {
    tensors: (prefix) => [
      ...denseTensors(`${prefix}.mlp.gate_proj`, inner, width, biases.feedForward),
      ...denseTensors(`${prefix}.mlp.up_proj`, inner, width, biases.feedForward),
      ...denseTensors(`${prefix}.mlp.down_proj`, width, inner, biases.feedForward),
    ],
    run: (layers, prefix, x) => {
      const wide = swiglu(layers.dense(`${prefix}.mlp.gate_proj`, x), layers.dense(`${prefix}.mlp.up_proj`, x));
      return layers.dense(`${prefix}.mlp.down_proj`, wide);
    },
  };
}
