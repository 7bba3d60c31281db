import { z } from "zod";
import { activationNames, activations } from "../activations.ts";
import type { Architecture } from "../architecture.ts";
import type { Attending } from "../attending.ts";
import type { Layers } from "../layers.ts";
import { countUpTo, layerCount, oneOf, only, parseConfig } from "../parse-config.ts";
import { tf } from "../tf.ts";
import { type DecoderTrunk, decoderHeads, isDecoderHead, openDecoder } from "./decoder.ts";

const schema = z.looseObject({
  model_type: z.literal("gpt2"),
  vocab_size: countUpTo(10_000_000),
  n_embd: countUpTo(65_536),
  n_layer: layerCount,
  n_head: countUpTo(1_024),
  n_positions: countUpTo(1_000_000),
  n_inner: countUpTo(1_000_000).nullish(),
  activation_function: oneOf(activationNames).default("gelu_new"),
  layer_norm_epsilon: z.number().positive().max(1).default(1e-5),
  tie_word_embeddings: z.boolean().default(true),
  scale_attn_weights: only(true).default(true),
  scale_attn_by_inverse_layer_idx: only(false).default(false),
  is_causal: only(true).default(true),
  add_cross_attention: only(false).default(false),
  quantization_config: z.null({ error: "quantised weights are not run here" }).optional(),
});

type Gpt2Config = z.infer<typeof schema>;

/** GPT-2 (Radford et al. 2019): pre-norm layers with learned positions; its matrices are stored [in, out]. */
export const gpt2: Architecture = {
  modelTypes: ["gpt2"],
  heads: decoderHeads,
  isHeadTensor: isDecoderHead,
  async open(source, options) {
    const config = parseConfig(schema, source.config, source.configFile);
    const { n_embd: width, n_head: heads } = config;
    if (width % heads !== 0) throw new Error(`${source.configFile}: n_head: ${heads} heads do not divide n_embd ${width}.`);
    return openDecoder(source, options, trunkOf(config));
  },
};

function trunkOf(config: Gpt2Config): DecoderTrunk {
  const { vocab_size: vocabulary, n_embd: width, n_layer: depth, n_positions: maxLength, layer_norm_epsilon: epsilon } = config;
  return {
    modelType: config.model_type,
    vocabulary,
    width,
    maxLength,
    prefix: "transformer.",
    embedding: "wte",
    isTied: config.tie_word_embeddings,
    tensors: [
      ["wte.weight", [vocabulary, width]],
      ["wpe.weight", [maxLength, width]],
      ...Array.from({ length: depth }, (_, layer) => layerTensors(config, `h.${layer}`)).flat(),
      ...withBias("ln_f", [width]),
    ],
    run: (layers, ids, attending) => {
      let hidden = tf.tidy(() => {
        const { places: once } = attending;
        const places = Int32Array.from(ids, (_, index) => once[index % once.length] ?? 0);
        return tf.add(layers.embedding("transformer.wte", ids), layers.embedding("transformer.wpe", places)) as tf.Tensor2D;
      });
      for (let layer = 0; layer < depth; layer++) {
        const below = hidden;
        hidden = tf.tidy(() => runLayer(layers, config, layer, below, attending));
        below.dispose();
      }
      return hidden;
    },
    normalise: (layers, rows) => layers.layerNorm("transformer.ln_f", rows, epsilon),
  };
}

type Tensors = (readonly [name: string, shape: readonly number[]])[];

/** A matrix [in, out] or a gain, and the bias of its last side. */
const withBias = (name: string, shape: readonly number[]): Tensors => [
  [`${name}.weight`, shape],
  [`${name}.bias`, shape.slice(-1)],
];

function layerTensors({ n_embd: width, n_inner }: Gpt2Config, prefix: string): Tensors {
  const inner = n_inner ?? 4 * width;
  return [
    ...withBias(`${prefix}.ln_1`, [width]),
    ...withBias(`${prefix}.attn.c_attn`, [width, 3 * width]),
    ...withBias(`${prefix}.attn.c_proj`, [width, width]),
    ...withBias(`${prefix}.ln_2`, [width]),
    ...withBias(`${prefix}.mlp.c_fc`, [width, inner]),
    ...withBias(`${prefix}.mlp.c_proj`, [inner, width]),
  ];
}

/** a = x + attention(LN(x)), y = a + narrow(act(wide(LN(a)))). */
function runLayer(layers: Layers, config: Gpt2Config, layer: number, x: tf.Tensor2D, attending: Attending): tf.Tensor2D {
  const { n_head: heads, layer_norm_epsilon: epsilon } = config;
  const prefix = `transformer.h.${layer}`;
  const all = layers.denseInOut(`${prefix}.attn.c_attn`, layers.layerNorm(`${prefix}.ln_1`, x, epsilon));
  const [query, key, value] = tf.split(all, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const context = attending.attend(layer, query, key, value, { heads, keyHeads: heads });
  const mixed = layers.denseInOut(`${prefix}.attn.c_proj`, context);
  const attended = tf.add(x, mixed) as tf.Tensor2D;
  const wide = layers.denseInOut(`${prefix}.mlp.c_fc`, layers.layerNorm(`${prefix}.ln_2`, attended, epsilon));
  return tf.add(attended, layers.denseInOut(`${prefix}.mlp.c_proj`, activations[config.activation_function](wide)));
}
