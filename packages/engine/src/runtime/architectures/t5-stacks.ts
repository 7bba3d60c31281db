import { gatherRows, geluTanh } from "@amalgam/tfjs-backend-ort";
import { HIDDEN_SCORE, paddingMask } from "../attention-mask.ts";
import type { Layers } from "../layers.ts";
import { tf } from "../tf.ts";
import type { TokenBatch } from "../token-batch.ts";
import { relativePositionBuckets } from "./relative-positions.ts";
import type { T5Config } from "./t5-config.ts";

/** Keys and values of one layer, [size, heads, tokens, d_kv]. */
interface KeysAndValues {
  readonly key: tf.Tensor4D;
  readonly value: tf.Tensor4D;
}

/** Of each layer of the decoder: what it has of the targets read so far, and of their sources. */
export interface DecoderPast {
  readonly own: KeysAndValues[];
  readonly crossed: KeysAndValues[];
}

/** What targets read from, row for row. */
export interface EncodedSource {
  readonly memory: tf.Tensor2D;
  readonly batch: TokenBatch;
}

/** Last hidden states of the source texts, [size·length, d_model]. */
export function encode(layers: Layers, config: T5Config, batch: TokenBatch): tf.Tensor2D {
  return tf.tidy(() => {
    const { length } = batch;
    const scores = tf.add(positionScores(layers, config, "encoder", length, length), paddingMask(batch)) as tf.Tensor4D;
    let hidden = layers.embedding("shared", batch.ids);
    for (let layer = 0; layer < config.num_layers; layer++) {
      const below = hidden;
      const prefix = `encoder.block.${layer}.layer`;
      hidden = tf.tidy(() => {
        const normal = layers.rmsNorm(`${prefix}.0.layer_norm`, below, config.layer_norm_epsilon);
        const name = `${prefix}.0.SelfAttention`;
        const own = keysAndValues(layers, config, name, normal, length);
        const attended = tf.add(below, attention(layers, config, name, normal, length, own, scores)) as tf.Tensor2D;
        return feedForward(layers, config, `${prefix}.1`, attended);
      });
    }
    return layers.rmsNorm("encoder.final_layer_norm", hidden, config.layer_norm_epsilon);
  });
}

/**
 * Last hidden states of the targets, [size·length, d_model], each seeing the targets before it and the whole source.
 * @param past with which the batch holds what follows the targets read before; all have read the same number. It is brought up to date.
 */
export function decode(
  layers: Layers,
  config: T5Config,
  batch: TokenBatch,
  { memory, batch: source }: EncodedSource,
  past: DecoderPast | null = null,
): tf.Tensor2D {
  return tf.tidy(() => {
    const { length } = batch;
    const seen = length + (past?.own[0]?.key.shape[2] ?? 0);
    const scores = tf.add(positionScores(layers, config, "decoder", length, seen), causalMask(length, seen)) as tf.Tensor4D;
    const sourceMask = paddingMask(source);
    let hidden = layers.embedding("shared", batch.ids);
    for (let layer = 0; layer < config.decoderLayers; layer++) {
      const below = hidden;
      const prefix = `decoder.block.${layer}.layer`;
      const [selfName, crossName] = [`${prefix}.0.SelfAttention`, `${prefix}.1.EncDecAttention`];
      hidden = tf.tidy(() => {
        const normal = layers.rmsNorm(`${prefix}.0.layer_norm`, below, config.layer_norm_epsilon);
        const own = continued(past?.own, layer, keysAndValues(layers, config, selfName, normal, length));
        const attended = tf.add(below, attention(layers, config, selfName, normal, length, own, scores)) as tf.Tensor2D;
        const between = layers.rmsNorm(`${prefix}.1.layer_norm`, attended, config.layer_norm_epsilon);
        const crossed = past?.crossed[layer] ?? keysAndValues(layers, config, crossName, memory, source.length);
        if (past !== null) past.crossed[layer] = kept(crossed);
        const read = attention(layers, config, crossName, between, length, crossed, sourceMask);
        return feedForward(layers, config, `${prefix}.2`, tf.add(attended, read));
      });
    }
    return layers.rmsNorm("decoder.final_layer_norm", hidden, config.layer_norm_epsilon);
  });
}

const kept = ({ key, value }: KeysAndValues): KeysAndValues => ({ key: tf.keep(key), value: tf.keep(value) });

/** Keys and values with those of what was read before in front, noted in their place. */
function continued(past: KeysAndValues[] | undefined, layer: number, own: KeysAndValues): KeysAndValues {
  if (past === undefined) return own;
  const before = past[layer];
  const all =
    before === undefined ? own : { key: tf.concat([before.key, own.key], 2), value: tf.concat([before.value, own.value], 2) };
  past[layer] = kept(all);
  if (before !== undefined) tf.dispose([before.key, before.value]);
  return all;
}

/** Leaves some rows, in order. */
export function chooseRows({ own, crossed }: DecoderPast, rows: Int32Array): void {
  if (rows.length === own[0]?.key.shape[0] && rows.every((row, i) => row === i)) return;
  for (const layers of [own, crossed])
    layers.forEach(({ key, value }, layer) => {
      layers[layer] = kept(tf.tidy(() => ({ key: rowsOf(key, rows), value: rowsOf(value, rows) })));
      tf.dispose([key, value]);
    });
}

export function forget({ own, crossed }: DecoderPast): void {
  for (const { key, value } of [...own.splice(0), ...crossed.splice(0)]) tf.dispose([key, value]);
}

function rowsOf(x: tf.Tensor4D, rows: Int32Array): tf.Tensor4D {
  const [size, heads, tokens, width] = x.shape;
  return tf.reshape(gatherRows(tf.reshape(x, [size, -1]), rows), [rows.length, heads, tokens, width]);
}

/** Learned scores of relative positions, [1, heads, queries, keys]; every layer of a stack adds those of its first. */
function positionScores(
  layers: Layers,
  config: T5Config,
  stack: "encoder" | "decoder",
  queries: number,
  keys: number,
): tf.Tensor4D {
  const heads = config.num_heads;
  if ((stack === "encoder" ? config.num_layers : config.decoderLayers) === 0) return tf.zeros([1, heads, queries, keys]);
  const buckets = relativePositionBuckets(queries, keys, {
    buckets: config.relative_attention_num_buckets,
    maxDistance: config.relative_attention_max_distance,
    isBidirectional: stack === "encoder",
  });
  const scores = layers.embedding(`${stack}.block.0.layer.0.SelfAttention.relative_attention_bias`, buckets, true);
  return tf.reshape(tf.transpose(scores), [1, heads, queries, keys]);
}

/** [1, 1, queries, keys]: a query, the last of which stands at the last key, sees itself and what stands before it. Padding stands behind. */
function causalMask(queries: number, keys: number): tf.Tensor4D {
  const values = Float32Array.from({ length: queries * keys }, (_, index) =>
    index % keys > Math.floor(index / keys) + keys - queries ? HIDDEN_SCORE : 0,
  );
  return tf.tensor4d(values, [1, 1, queries, keys]);
}

/** [size·tokens, heads·d_kv] → [size, heads, tokens, d_kv] */
const apart = ({ num_heads: heads, d_kv: width }: T5Config, rows: tf.Tensor2D, tokens: number): tf.Tensor4D =>
  tf.transpose(tf.reshape(rows, [-1, tokens, heads, width]), [0, 2, 1, 3]);

const keysAndValues = (layers: Layers, config: T5Config, prefix: string, memory: tf.Tensor2D, tokens: number): KeysAndValues => ({
  key: apart(config, layers.dense(`${prefix}.k`, memory), tokens),
  value: apart(config, layers.dense(`${prefix}.v`, memory), tokens),
});

/** softmax(Q·Kᵀ + scores)·V per head, its projections without bias: T5 does not divide the products by √d_kv. */
function attention(
  layers: Layers,
  config: T5Config,
  prefix: string,
  x: tf.Tensor2D,
  tokens: number,
  { key, value }: KeysAndValues,
  scores: tf.Tensor4D,
): tf.Tensor2D {
  const products = tf.matMul(apart(config, layers.dense(`${prefix}.q`, x), tokens), key, false, true);
  const mixed = tf.matMul(tf.softmax(tf.add(products, scores)), value);
  return layers.dense(`${prefix}.o`, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [x.shape[0], -1]));
}

/** x + wo·relu(wi·norm(x)), or x + wo·(gelu(wi_0·norm(x)) ⊙ wi_1·norm(x)). */
function feedForward(layers: Layers, config: T5Config, prefix: string, x: tf.Tensor2D): tf.Tensor2D {
  const normal = layers.rmsNorm(`${prefix}.layer_norm`, x, config.layer_norm_epsilon);
  const wide = (part: string) => layers.dense(`${prefix}.DenseReluDense.${part}`, normal);
  const active = config.feed_forward_proj === "relu" ? tf.relu(wide("wi")) : tf.mul(geluTanh(wide("wi_0")), wide("wi_1"));
  return tf.add(x, layers.dense(`${prefix}.DenseReluDense.wo`, active as tf.Tensor2D));
}
