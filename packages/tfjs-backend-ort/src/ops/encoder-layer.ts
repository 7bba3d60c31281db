import type { tf } from "../tf.ts";
import { tf as tensorflow } from "../tf.ts";
import { type AttentionShape, attention } from "./attention.ts";
import { fusedEncoderLayer } from "./encoder-layer-kernels.ts";
import { gelu } from "./gelu.ts";
import { isFusable } from "./kernel.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";

export interface DenseWeights {
  /** [out, in] */
  readonly weight: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

export interface NormWeights {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}

export interface EncoderLayerWeights {
  readonly query: DenseWeights;
  readonly key: DenseWeights;
  readonly value: DenseWeights;
  readonly output: DenseWeights;
  readonly outputNorm: NormWeights;
  readonly wide: DenseWeights;
  readonly narrow: DenseWeights;
  readonly narrowNorm: NormWeights;
}

export interface EncoderLayerShape extends AttentionShape {
  readonly epsilon: number;
}

/**
 * One layer of a post-norm transformer encoder (BERT), x [batch·length, d]:
 *   n = LN(x + attention(x))    y = LN(n + narrow(gelu(wide(n))))
 * On the ort backend it is one graph forward and one backward. `mask` [batch, 1, 1, length] as in `attention`.
 */
export function encoderLayer(
  x: tf.Tensor2D,
  mask: tf.Tensor4D,
  weights: EncoderLayerWeights,
  shape: EncoderLayerShape,
): tf.Tensor2D {
  if (isFusable() && x.size > 0) return fusedEncoderLayer(x, mask, weights, shape);
  return composedEncoderLayer(x, mask, weights, shape);
}

/** The same from the smaller operations; for other backends, and to check the fused one against. */
export function composedEncoderLayer(
  x: tf.Tensor2D,
  mask: tf.Tensor4D,
  weights: EncoderLayerWeights,
  shape: EncoderLayerShape,
): tf.Tensor2D {
  const dense = (input: tf.Tensor2D, { weight, bias }: DenseWeights) => linear(input, weight, bias);
  const norm = (a: tf.Tensor2D, b: tf.Tensor2D, { gamma, beta }: NormWeights) =>
    layerNorm(tensorflow.add(a, b) as tf.Tensor2D, gamma, beta, shape.epsilon);
  const context = attention(dense(x, weights.query), dense(x, weights.key), dense(x, weights.value), mask, shape);
  const attended = norm(dense(context, weights.output), x, weights.outputNorm);
  return norm(dense(gelu(dense(attended, weights.wide)), weights.narrow), attended, weights.narrowNorm);
}
