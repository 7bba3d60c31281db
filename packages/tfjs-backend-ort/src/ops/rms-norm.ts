import type { OnnxGraph } from "../onnx.ts";
import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";
import { node, sharedConstants } from "./pieces.ts";

const width = (x: tf.TensorInfo | undefined): number => x?.shape.at(-1) ?? 0;
const column = (x: tf.TensorInfo | undefined): number[] => [...(x?.shape.slice(0, -1) ?? []), 1];

export const rmsNormKernels: readonly FusedKernel[] = [
  {
    name: "OrtRmsNorm",
    session: ({ epsilon }) => sessionFor(`OrtRmsNorm ${epsilon}`, () => forwardGraph(Number(epsilon))),
    outputs: ({ x }) => ({ out: x?.shape ?? [], inverse: column(x) }),
  },
  {
    name: "OrtRmsNormGrad",
    session: () => sessionFor("OrtRmsNormGrad", gradientGraph),
    outputs: ({ x }) => ({ dx: x?.shape ?? [], dgamma: [width(x)] }),
  },
];

function forwardGraph(epsilon: number): OnnxGraph {
  const attributes = { axis: -1, epsilon: { float: epsilon } };
  return {
    nodes: [node("SimplifiedLayerNormalization", ["x", "gamma"], ["out", "inverse"], attributes)],
    inputs: ["x", "gamma"],
    outputs: ["out", "inverse"],
  };
}

/** x̂ = x/r; dγ = Σ dy·x̂; dx = (g − x̂·mean(g·x̂))/r with g = dy·γ. */
function gradientGraph(): OnnxGraph {
  return {
    nodes: [
      node("Mul", ["x", "inverse"], "normal"),
      node("Mul", ["dy", "normal"], "dy_normal"),
      node("ReduceSum", ["dy_normal", "rows"], "dgamma", { keepdims: 0 }),
      node("Mul", ["dy_normal", "gamma"], "g_normal"),
      node("ReduceMean", ["g_normal"], "g_normal_mean", { axes: [-1], keepdims: 1 }),
      node("Mul", ["normal", "g_normal_mean"], "parallel"),
      node("Mul", ["dy", "gamma"], "g"),
      node("Sub", ["g", "parallel"], "orthogonal"),
      node("Mul", ["orthogonal", "inverse"], "dx"),
    ],
    inputs: ["dy", "x", "gamma", "inverse"],
    outputs: ["dx", "dgamma"],
    constants: sharedConstants,
  };
}

/** x/r·γ with r = √(mean(x²) + ε), row by row: x [n, d], γ [d]. Source: Zhang and Sennrich 2019. */
export function rmsNorm(x: tf.Tensor2D, gamma: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  if (!isFusable() || x.size === 0) return composedRmsNorm(x, gamma, epsilon);
  const op = tf.customGrad((...args) => {
    const [a, g, save] = args as unknown as [tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
    const [value, inverse] = callFused("OrtRmsNorm", { x: a, gamma: g }, { epsilon }) as [tf.Tensor, tf.Tensor];
    save([a, g, inverse]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sx, sg, si] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        return callFused("OrtRmsNormGrad", { dy, x: sx, gamma: sg, inverse: si });
      },
    };
  });
  return op(x, gamma) as tf.Tensor2D;
}

function composedRmsNorm(x: tf.Tensor2D, gamma: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
  return tf.mul(tf.mul(x, inverse), gamma);
}
