import type { Attributes, Inputs } from "../kernels/register.ts";
import type { OnnxGraph } from "../onnx.ts";
import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";
import { attentionGradientNodes, attentionNodes, sharedConstants, swapHeads } from "./pieces.ts";

export interface AttentionShape {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
}

const SPLIT = [0, 2, 1, 3];

/** [batch·length, d] seen as [batch, length, heads, d/heads]: the same numbers. */
function headView(tensor: tf.TensorInfo | undefined, attrs: Attributes): number[] {
  const { batch, length, heads } = attrs as unknown as AttentionShape;
  return [batch, length, heads, (tensor?.shape[1] ?? 0) / heads];
}

function scaleOf(inputs: Inputs, attrs: Attributes): number {
  return 1 / Math.sqrt(headView(inputs["query"], attrs)[3] ?? 1);
}

const views = (inputs: Inputs, attrs: Attributes) => {
  const head = headView(inputs["query"], attrs);
  return { query: head, key: head, value: head, dy: head };
};

const probabilityShape = (attrs: Attributes): number[] => {
  const { batch, length, heads } = attrs as unknown as AttentionShape;
  return [batch, heads, length, length];
};

export const attentionKernels: readonly FusedKernel[] = [
  {
    name: "OrtAttention",
    session: (attrs) => sessionFor(`OrtAttention ${attrs["scale"]}`, () => forwardGraph(Number(attrs["scale"])), true),
    views,
    outputs: (inputs, attrs) => ({ out: headView(inputs["query"], attrs), probabilities: probabilityShape(attrs) }),
    results: (inputs, attrs) => ({ out: inputs["query"]?.shape ?? [], probabilities: probabilityShape(attrs) }),
  },
  {
    name: "OrtAttentionGrad",
    session: (attrs) => sessionFor(`OrtAttentionGrad ${attrs["scale"]}`, () => backwardGraph(Number(attrs["scale"])), true),
    views,
    outputs: (inputs, attrs) => {
      const head = headView(inputs["query"], attrs);
      return { dquery: head, dkey: head, dvalue: head };
    },
    results: (inputs) => {
      const shape = inputs["query"]?.shape ?? [];
      return { dquery: shape, dkey: shape, dvalue: shape };
    },
  },
];

const apart = (name: string) => swapHeads(name, `${name}_heads`);

function forwardGraph(scale: number): OnnxGraph {
  return {
    nodes: [
      ...["query", "key", "value"].map(apart),
      ...attentionNodes(
        "query_heads",
        "key_heads",
        "value_heads",
        { probabilities: "probabilities", context: "out_heads" },
        scale,
      ),
      swapHeads("out_heads", "out"),
    ],
    inputs: ["query", "key", "value", "mask"],
    outputs: ["out", "probabilities"],
  };
}

function backwardGraph(scale: number): OnnxGraph {
  return {
    nodes: [
      ...["query", "key", "value", "dy"].map(apart),
      ...attentionGradientNodes(
        { dy: "dy_heads", query: "query_heads", key: "key_heads", value: "value_heads", probabilities: "probabilities" },
        { dquery: "dquery_heads", dkey: "dkey_heads", dvalue: "dvalue_heads" },
        scale,
      ),
      ...["dquery", "dkey", "dvalue"].map((name) => swapHeads(`${name}_heads`, name)),
    ],
    inputs: ["dy", "query", "key", "value", "probabilities"],
    outputs: ["dquery", "dkey", "dvalue"],
    constants: sharedConstants,
  };
}

/**
 * Scaled dot-product attention of several heads: softmax(Q·Kᵀ/√(d/heads) + mask)·V per head.
 * query, key, value [batch·length, d]; mask [batch, 1, 1, length] is added to the scores (0 to see, a large negative number to hide)
 * and gets no gradient. Returns [batch·length, d].
 */
export function attention(
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  mask: tf.Tensor4D,
  shape: AttentionShape,
): tf.Tensor2D {
  if (!isFusable() || query.size === 0) return composedAttention(query, key, value, mask, shape);
  const attrs = { ...shape, scale: scaleOf({ query }, shape as unknown as Attributes) };
  const op = tf.customGrad((...args) => {
    const [q, k, v, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [out, probabilities] = callFused("OrtAttention", { query: q, key: k, value: v, mask }, attrs) as [tf.Tensor, tf.Tensor];
    save([q, k, v, probabilities]);
    return {
      value: out,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sq, sk, sv, sp] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return callFused("OrtAttentionGrad", { dy, query: sq, key: sk, value: sv, probabilities: sp }, attrs);
      },
    };
  });
  return op(query, key, value) as tf.Tensor2D;
}

function composedAttention(
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  mask: tf.Tensor4D,
  { batch, length, heads }: AttentionShape,
): tf.Tensor2D {
  const width = query.shape[1];
  const toHeads = (tensor: tf.Tensor2D) => tf.transpose(tf.reshape(tensor, [batch, length, heads, width / heads]), SPLIT);
  const scores = tf.mul(tf.matMul(toHeads(query), toHeads(key), false, true), 1 / Math.sqrt(width / heads));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), toHeads(value));
  return tf.reshape(tf.transpose(mixed, SPLIT), [batch * length, width]);
}
