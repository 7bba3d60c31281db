import type { OnnxGraph } from "../onnx.ts";
import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";
import { layerNormGradientNodes, layerNormNode, sharedConstants } from "./pieces.ts";

const width = (x: tf.TensorInfo | undefined): number => x?.shape.at(-1) ?? 0;
const column = (x: tf.TensorInfo | undefined): number[] => [...(x?.shape.slice(0, -1) ?? []), 1];

export const layerNormKernels: readonly FusedKernel[] = [
  {
    name: "OrtLayerNorm",
    session: ({ epsilon }) =>
      sessionFor(`OrtLayerNorm ${epsilon}`, () => ({
        nodes: [layerNormNode("x", "gamma", "beta", ["out", "mean", "inverse"], Number(epsilon))],
        inputs: ["x", "gamma", "beta"],
        outputs: ["out", "mean", "inverse"],
      })),
    outputs: ({ x }) => ({ out: x?.shape ?? [], mean: column(x), inverse: column(x) }),
  },
  {
    name: "OrtLayerNormGrad",
    session: () => sessionFor("OrtLayerNormGrad", gradientGraph),
    outputs: ({ x }) => ({ dx: x?.shape ?? [], dgamma: [width(x)], dbeta: [width(x)] }),
  },
];

function gradientGraph(): OnnxGraph {
  const names = {
    dy: "dy",
    x: "x",
    gamma: "gamma",
    mean: "mean",
    inverse: "inverse",
    dx: "dx",
    dgamma: "dgamma",
    dbeta: "dbeta",
  };
  return {
    nodes: layerNormGradientNodes("norm", names),
    inputs: ["dy", "x", "gamma", "mean", "inverse"],
    outputs: ["dx", "dgamma", "dbeta"],
    constants: sharedConstants,
  };
}

/** Layer normalisation of the rows of x [n, d] with gain γ [d] and offset β [d]; ε is added to the variance (divided by d). */
export function layerNorm(x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  if (!isFusable() || x.size === 0) return composedLayerNorm(x, gamma, beta, epsilon);
  const op = tf.customGrad((...args) => {
    const [a, g, b, save] = args as unknown as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const [value, mean, inverse] = callFused("OrtLayerNorm", { x: a, gamma: g, beta: b }, { epsilon }) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    save([a, g, mean, inverse]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sx, sg, sm, si] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return callFused("OrtLayerNormGrad", { dy, x: sx, gamma: sg, mean: sm, inverse: si });
      },
    };
  });
  return op(x, gamma, beta) as tf.Tensor2D;
}

function composedLayerNorm(x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gamma), beta);
}
