import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";
import { linearGradientNodes, linearNode, sharedConstants } from "./pieces.ts";

const dim = (tensor: tf.TensorInfo | undefined, axis: number): number => tensor?.shape.at(axis) ?? 0;

export const linearKernels: readonly FusedKernel[] = [
  {
    name: "OrtLinear",
    session: () =>
      sessionFor(
        "OrtLinear",
        () => ({
          nodes: [linearNode("x", "weight", "bias", "out")],
          inputs: ["x", "weight", "bias"],
          outputs: ["out"],
        }),
        true,
      ),
    outputs: ({ x, weight }) => ({ out: [dim(x, 0), dim(weight, 0)] }),
  },
  {
    name: "OrtLinearGrad",
    session: () =>
      sessionFor(
        "OrtLinearGrad",
        () => ({
          nodes: linearGradientNodes("dy", "x", "weight", { dx: "dx", dweight: "dweight", dbias: "dbias" }),
          inputs: ["dy", "x", "weight"],
          outputs: ["dx", "dweight", "dbias"],
          constants: sharedConstants,
        }),
        true,
      ),
    outputs: ({ x, weight }) => ({ dx: x?.shape ?? [], dweight: weight?.shape ?? [], dbias: [dim(weight, 0)] }),
  },
];

/**
 * y = x·Wᵀ + b with x [n, in], W [out, in] (the layout of Hugging Face and PyTorch), b [out].
 * Gradients: dx = dy·W, dW = dyᵀ·x, db = Σ rows of dy.
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  if (!isFusable() || x.shape[0] === 0) return tf.add(tf.matMul(x, weight, false, true), bias);
  const op = tf.customGrad((...args) => {
    const [a, w, b, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
    save([a, w]);
    const [value] = callFused("OrtLinear", { x: a, weight: w, bias: b });
    return {
      value: value as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sx, sw] = saved as [tf.Tensor, tf.Tensor];
        return callFused("OrtLinearGrad", { dy, x: sx, weight: sw });
      },
    };
  });
  return op(x, weight, bias) as tf.Tensor2D;
}
