import { geluTanh } from "@amalgam/tfjs-backend-ort";
import { HIDDEN_SCORE, paddingMask } from "../attention-mask.ts";
import type { Layers } from "../layers.ts";
import { tf } from "../tf.ts";
import type { TokenBatch } from "../token-batch.ts";
import { relativePositionBuckets } from "./relative-positions.ts";
import type { T5Config } from "./t5-config.ts";

/** Last hidden states of the source texts, [size·length, d_model]. */
export function encode(layers: Layers, config: T5Config, batch: TokenBatch): tf.Tensor2D {
  return tf.tidy(() => {
    const scores = tf.add(positionScores(layers, config, "encoder", batch.length), paddingMask(batch)) as tf.Tensor4D;
    let hidden = layers.embedding("shared", batch.ids);
    for (let layer = 0; layer < config.num_layers; layer++) {
      const below = hidden;
      const prefix = `encoder.block.${layer}.layer`;
      hidden = tf.tidy(() => {
        const attended = selfAttention(layers, config, `${prefix}.0`, below, batch, scores);
        return feedForward(layers, config, `${prefix}.1`, attended);
      });
    }
    return layers.rmsNorm("encoder.final_layer_norm", hidden, config.layer_norm_epsilon);
  });
}

/** Last hidden states of the targets, [size·length, d_model], each seeing the targets before it and the whole source. */
export function decode(
  layers: Layers,
  config: T5Config,
  batch: TokenBatch,
  memory: tf.Tensor2D,
  source: TokenBatch,
): tf.Tensor2D {
  return tf.tidy(() => {
    const scores = tf.add(positionScores(layers, config, "decoder", batch.length), causalMask(batch.length)) as tf.Tensor4D;
    const sourceMask = paddingMask(source);
    let hidden = layers.embedding("shared", batch.ids);
    for (let layer = 0; layer < config.decoderLayers; layer++) {
      const below = hidden;
      const prefix = `decoder.block.${layer}.layer`;
      hidden = tf.tidy(() => {
        const own = selfAttention(layers, config, `${prefix}.0`, below, batch, scores);
        const normal = layers.rmsNorm(`${prefix}.1.layer_norm`, own, config.layer_norm_epsilon);
        const crossed = attention(layers, config, `${prefix}.1.EncDecAttention`, normal, batch, memory, source, sourceMask);
        return feedForward(layers, config, `${prefix}.2`, tf.add(own, crossed));
      });
    }
    return layers.rmsNorm("decoder.final_layer_norm", hidden, config.layer_norm_epsilon);
  });
}

/** Learned scores of relative positions, [1, heads, length, length]; every layer of a stack adds those of its first. */
function positionScores(layers: Layers, config: T5Config, stack: "encoder" | "decoder", length: number): tf.Tensor4D {
  const heads = config.num_heads;
  if ((stack === "encoder" ? config.num_layers : config.decoderLayers) === 0) return tf.zeros([1, heads, length, length]);
  const buckets = relativePositionBuckets(length, length, {
    buckets: config.relative_attention_num_buckets,
    maxDistance: config.relative_attention_max_distance,
    isBidirectional: stack === "encoder",
  });
  const scores = layers.embedding(`${stack}.block.0.layer.0.SelfAttention.relative_attention_bias`, buckets, true);
  return tf.reshape(tf.transpose(scores), [1, heads, length, length]);
}

/** [1, 1, length, length]: a query sees itself and what stands before it. Padding stands behind, so nobody sees it. */
function causalMask(length: number): tf.Tensor4D {
  const values = Float32Array.from({ length: length * length }, (_, index) =>
    index % length > Math.floor(index / length) ? HIDDEN_SCORE : 0,
  );
  return tf.tensor4d(values, [1, 1, length, length]);
}

function selfAttention(
  layers: Layers,
  config: T5Config,
  prefix: string,
  x: tf.Tensor2D,
  batch: TokenBatch,
  scores: tf.Tensor4D,
): tf.Tensor2D {
  const normal = layers.rmsNorm(`${prefix}.layer_norm`, x, config.layer_norm_epsilon);
  return tf.add(x, attention(layers, config, `${prefix}.SelfAttention`, normal, batch, normal, batch, scores));
}

/** softmax(Q·Kᵀ + scores)·V per head, its projections without bias: T5 does not divide the products by √d_kv. */
function attention(
  layers: Layers,
  config: T5Config,
  prefix: string,
  x: tf.Tensor2D,
  { size, length }: TokenBatch,
  memory: tf.Tensor2D,
  { length: memoryLength }: TokenBatch,
  scores: tf.Tensor4D,
): tf.Tensor2D {
  const { num_heads: heads, d_kv: width } = config;
  const apart = (part: string, input: tf.Tensor2D, tokens: number) =>
    tf.transpose(tf.reshape(layers.dense(`${prefix}.${part}`, input), [size, tokens, heads, width]), [0, 2, 1, 3]);
  const products = tf.matMul(apart("q", x, length), apart("k", memory, memoryLength), false, true);
  const mixed = tf.matMul(tf.softmax(tf.add(products, scores)), apart("v", memory, memoryLength));
  return layers.dense(`${prefix}.o`, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [size * length, heads * width]));
}

/** x + wo·relu(wi·norm(x)), or x + wo·(gelu(wi_0·norm(x)) ⊙ wi_1·norm(x)). */
function feedForward(layers: Layers, config: T5Config, prefix: string, x: tf.Tensor2D): tf.Tensor2D {
  const normal = layers.rmsNorm(`${prefix}.layer_norm`, x, config.layer_norm_epsilon);
  const wide = (part: string) => layers.dense(`${prefix}.DenseReluDense.${part}`, normal);
  const active = config.feed_forward_proj === "relu" ? tf.relu(wide("wi")) : tf.mul(geluTanh(wide("wi_0")), wide("wi_1"));
  return tf.add(x, layers.dense(`${prefix}.DenseReluDense.wo`, active as tf.Tensor2D));
}
