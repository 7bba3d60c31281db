import type { Attributes, Inputs } from "../kernels/register.ts";
import type { OnnxGraph } from "../onnx.ts";
import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { causalMask } from "./causal-mask.ts";
import { callFused, type FusedKernel, isFusable, isTaping } from "./kernel.ts";
import { attentionGradientNodes, attentionNodes, node, sharedConstants } from "./pieces.ts";

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

interface CausalAttributes extends CausalAttentionShape {
  readonly isTraining: boolean;
}

interface Sizes {
  /** Query heads that share a key head. */
  readonly group: number;
  /** Width of a head. */
  readonly size: number;
}

const shapeOf = (attrs: Attributes) => attrs as unknown as CausalAttributes;
const sizesOf = ({ key }: Inputs, attrs: Attributes): Sizes => {
  const { heads, keyHeads } = shapeOf(attrs);
  return { group: heads / keyHeads, size: (key?.shape[1] ?? 0) / keyHeads };
};
const scaleOf = ({ size }: Sizes): number => 1 / Math.sqrt(size);

/** Heads by key head and place in its group: key and value have groups of one, which is broadcast and never copied. */
function views(inputs: Inputs, attrs: Attributes) {
  const { batch, length, keyHeads } = shapeOf(attrs);
  const { group, size } = sizesOf(inputs, attrs);
  const query = [batch, length, keyHeads, group, size];
  const key = [batch, length, keyHeads, 1, size];
  return { query, key, value: key, dy: query, probabilities: [batch, keyHeads, 1, group * length, length] };
}

export const causalAttentionKernels: readonly FusedKernel[] = [
  {
    name: "OrtCausalAttention",
    // The scale depends on the width of a head, so the session is opened by attributes that carry it.
    session: ({ scale, isTraining }) =>
      sessionFor(`OrtCausalAttention ${scale} ${isTraining}`, () => forwardGraph(Number(scale), isTraining === true), true),
    views,
    tables: (_, attrs) => {
      const { length, window } = shapeOf(attrs);
      return { mask: { values: causalMask(length, window), shape: [length, length] } };
    },
    outputs: (inputs, attrs) => {
      const { batch, length, keyHeads, heads, isTraining } = shapeOf(attrs);
      const out = views(inputs, attrs).query;
      return isTraining ? { out, probabilities: [batch, keyHeads, heads / keyHeads, length, length] } : { out };
    },
    results: (inputs, attrs) => {
      const { batch, length, heads } = shapeOf(attrs);
      return { out: inputs["query"]?.shape ?? [], probabilities: [batch, heads, length, length] };
    },
  },
  {
    name: "OrtCausalAttentionGrad",
    session: ({ size, group }) =>
      sessionFor(
        `OrtCausalAttentionGrad ${size} ${group}`,
        () => backwardGraph({ size: Number(size), group: Number(group) }),
        true,
      ),
    views,
    outputs: (inputs, attrs) => {
      const { query, key } = views(inputs, attrs);
      return { dquery: query, dkey: key, dvalue: key };
    },
    results: ({ query, key }) => ({ dquery: query?.shape ?? [], dkey: key?.shape ?? [], dvalue: key?.shape ?? [] }),
  },
];

/** [batch, length, key heads, group, size] ↔ [batch, key heads, group, length, size] */
const apart = (name: string) => node("Transpose", [name], `${name}_heads`, { perm: [0, 2, 3, 1, 4] });
const together = (name: string) => node("Transpose", [`${name}_heads`], name, { perm: [0, 3, 1, 2, 4] });

function forwardGraph(scale: number, isTraining: boolean): OnnxGraph {
  const out = { probabilities: "probabilities", context: "out_heads" };
  return {
    nodes: [
      ...["query", "key", "value"].map(apart),
      ...attentionNodes("query_heads", "key_heads", "value_heads", out, scale),
      together("out"),
    ],
    inputs: ["query", "key", "value", "mask"],
    outputs: isTraining ? ["out", "probabilities"] : ["out"],
  };
}

/** The queries of a group are one long matrix here, so that products with it add up over the group. */
function backwardGraph(sizes: Sizes): OnnxGraph {
  const { size, group } = sizes;
  return {
    nodes: [
      ...["query", "key", "value", "dy"].map(apart),
      node("Reshape", ["query_heads", "joined_shape"], "query_joined"),
      node("Reshape", ["dy_heads", "joined_shape"], "dy_joined"),
      ...attentionGradientNodes(
        { dy: "dy_joined", query: "query_joined", key: "key_heads", value: "value_heads", probabilities: "probabilities" },
        { dquery: "dquery_joined", dkey: "dkey_heads", dvalue: "dvalue_heads" },
        scaleOf(sizes),
      ),
      node("Reshape", ["dquery_joined", "split_shape"], "dquery_heads"),
      ...["dquery", "dkey", "dvalue"].map(together),
    ],
    inputs: ["dy", "query", "key", "value", "probabilities"],
    outputs: ["dquery", "dkey", "dvalue"],
    // 0 keeps a side, −1 is what is left.
    constants: [
      ...sharedConstants,
      { name: "joined_shape", value: [0, 0, 1, -1, size] },
      { name: "split_shape", value: [0, 0, group, -1, size] },
    ],
  };
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
  const sizes = sizesOf({ key }, shape as unknown as Attributes);
  const attrs = { ...shape, ...sizes, scale: scaleOf(sizes), isTraining: isTaping() };
  const op = tf.customGrad((...args) => {
    const [q, k, v, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [out, ...kept] = callFused("OrtCausalAttention", { query: q, key: k, value: v }, attrs) as [tf.Tensor, ...tf.Tensor[]];
    save([q, k, v, ...kept]);
    return {
      value: out,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sq, sk, sv, sp] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return callFused("OrtCausalAttentionGrad", { dy, query: sq, key: sk, value: sv, probabilities: sp }, attrs);
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
  const { batch, length, heads, keyHeads, window } = shape;
  const group = heads / keyHeads;
  const size = query.shape[1] / heads;
  const shared = (x: tf.Tensor2D) => tf.transpose(tf.reshape(x, [batch, length, keyHeads, size]), [0, 2, 1, 3]);
  const joined = tf.reshape(tf.transpose(tf.reshape(query, [batch, length, keyHeads, group, size]), [0, 2, 3, 1, 4]), [
    batch,
    keyHeads,
    group * length,
    size,
  ]);
  const mask = tf.tile(tf.tensor2d(causalMask(length, window), [length, length]), [group, 1]);
  const scores = tf.mul(tf.matMul(joined, shared(key), false, true), scaleOf({ group, size }));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), shared(value));
  const apart = tf.transpose(tf.reshape(mixed, [batch, keyHeads, group, length, size]), [0, 3, 1, 2, 4]);
  return tf.reshape(apart, [batch * length, heads * size]);
}
