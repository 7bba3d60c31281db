import { borrowValues, type LayerCall, type tf } from "../../runtime/index.ts";
import { convolutionWeight } from "./convolution.ts";
import { denseWeight } from "./dense.ts";
import { embeddingRows } from "./embedding.ts";
import { batchNormGain, normGain, vectorOf } from "./vectors.ts";

/** What one use of a parameter brings to its gradient, example by example. Holds tensors of the backward pass: to be used while they live. */
export interface Contribution {
  /** Adds every example's squared gradient. */
  addSquares(sums: Float64Array): void;
  /** Adds the gradient of one example. */
  addGradient(example: number, into: Float32Array): void;
}

/** That of a layer's weight. Every example of the batch has as many rows of x and dy, one after another. */
export function weightContribution(call: LayerCall, dy: tf.Tensor, examples: number): Contribution {
  switch (call.kind) {
    case "dense":
      return call.isInOut ? denseWeight(call.x, dy as tf.Tensor2D, examples) : denseWeight(dy as tf.Tensor2D, call.x, examples);
    case "convolution":
      return convolutionWeight(call, dy as tf.Tensor4D);
    case "norm":
      return normGain(call, dy as tf.Tensor2D, examples);
    case "batch-norm":
      return batchNormGain(call, dy as tf.Tensor4D);
    case "embedding":
      return embeddingRows(call.ids, borrowValues(dy), examples);
    case "learned":
      throw new TypeError("not reached: a learned parameter has no layer");
  }
}

/** That of what a layer adds: dy, summed over the rows of each example. */
export const biasContribution = (dy: tf.Tensor, examples: number): Contribution => vectorOf(dy, examples);
