import type { Attributes } from "../kernels/register.ts";
import { tf } from "../tf.ts";
import { causalMask } from "./causal-mask.ts";
import { callFused, isFusable } from "./kernel.ts";

export interface CausalAttentionShape {
  readonly batch: number;
  readonly length: number;
  /** Heads of the queries. */
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`: each serves as many neighbouring query heads as it takes. */
  readonly keyHeads: number;
  /** A position sees itself and window − 1 before it; default: all before it. */
  readonly window?: number;
}

/**
 * Attention in which a position sees itself and what stands before it: softmax(Q·Kᵀ/√d + mask)·V per head, query [batch·length, heads·d],
 * key and value [batch·length, keyHeads·d] (grouped queries: Ainslie et al. 2023). Padding on the right is seen by padding alone.
 * Returns [batch·length, heads·d].
 */
export function causalAttention(
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  shape: CausalAttentionShape,
): tf.Tensor2D {
  const { heads, keyHeads } = shape;
  if (heads % keyHeads !== 0) throw new RangeError(`${keyHeads} heads of keys do not divide ${heads} heads of queries`);
  if (query.size === 0) return tf.clone(query);
  if (!isFusable()) return composedCausalAttention(query, key, value, shape);
  const attrs = shape as unknown as Attributes;
  const op = tf.customGrad((...args) => {
    const [q, k, v, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const out = tf
      .engine()
      .runKernel("OrtCausalAttention", { query: q, key: k, value: v }, attrs as tf.NamedAttrMap) as tf.Tensor;
    save([q, k, v, out]);
    return {
      value: out,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sq, sk, sv, so] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return callFused("OrtCausalAttentionGrad", { dy, out: so, query: sq, key: sk, value: sv }, attrs);
      },
    };
  });
  return op(query, key, value) as tf.Tensor2D;
}

function composedCausalAttention(
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  shape: CausalAttentionShape,
): tf.Tensor2D {
  const { batch, length, heads, keyHeads, window = length } = shape;
  const group = heads / keyHeads;
  const size = query.shape[1] / heads;
  const shared = (x: tf.Tensor2D) => tf.transpose(tf.reshape(x, [batch, length, keyHeads, size]), [0, 2, 1, 3]);
  const joined = tf.reshape(tf.transpose(tf.reshape(query, [batch, length, keyHeads, group, size]), [0, 2, 3, 1, 4]), [
    batch,
    keyHeads,
    group * length,
    size,
  ]);
  const mask = tf.tensor2d(causalMask({ rows: length, seen: length, window, copies: group }), [group * length, length]);
  const scores = tf.mul(tf.matMul(joined, shared(key), false, true), 1 / Math.sqrt(size));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), shared(value));
  const apart = tf.transpose(tf.reshape(mixed, [batch, keyHeads, group, length, size]), [0, 3, 1, 2, 4]);
  return tf.reshape(apart, [batch * length, heads * size]);
}
