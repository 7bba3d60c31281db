import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";
import { node, sharedConstants } from "./pieces.ts";

const dim = (tensor: tf.TensorInfo | undefined, axis: number): number => tensor?.shape.at(axis) ?? 0;

export const affineKernels: readonly FusedKernel[] = [
  {
    name: "OrtAffine",
    session: () =>
      sessionFor(
        "OrtAffine",
        () => ({
          nodes: [node("Gemm", ["x", "weight", "bias"], "out")],
          inputs: ["x", "weight", "bias"],
          outputs: ["out"],
        }),
        true,
      ),
    outputs: ({ x, weight }) => ({ out: [dim(x, 0), dim(weight, 1)] }),
  },
  {
    name: "OrtAffineGrad",
    session: () =>
      sessionFor(
        "OrtAffineGrad",
        () => ({
          nodes: [
            node("Gemm", ["dy", "weight"], "dx", { transB: 1 }),
            node("Gemm", ["x", "dy"], "dweight", { transA: 1 }),
            node("ReduceSum", ["dy", "rows"], "dbias", { keepdims: 0 }),
          ],
          inputs: ["dy", "x", "weight"],
          outputs: ["dx", "dweight", "dbias"],
          constants: sharedConstants,
        }),
        true,
      ),
    outputs: ({ x, weight }) => ({ dx: x?.shape ?? [], dweight: weight?.shape ?? [], dbias: [dim(weight, 1)] }),
  },
];

/**
 * y = x·W + b with x [n, in], W [in, out] (the layout of GPT-2's checkpoints; `linear` takes its transpose), b [out].
 * Gradients: dx = dy·Wᵀ, dW = xᵀ·dy, db = Σ rows of dy.
 */
export function affine(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  if (!isFusable() || x.shape[0] === 0) return tf.add(tf.matMul(x, weight), bias);
  const op = tf.customGrad((...args) => {
    const [a, w, b, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
    save([a, w]);
    const [value] = callFused("OrtAffine", { x: a, weight: w, bias: b });
    return {
      value: value as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sx, sw] = saved as [tf.Tensor, tf.Tensor];
        return callFused("OrtAffineGrad", { dy, x: sx, weight: sw });
      },
    };
  });
  return op(x, weight, bias) as tf.Tensor2D;
}
