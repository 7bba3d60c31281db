import { softmaxCrossEntropy } from "@amalgam/tfjs-backend-ort";
import type { BertModel, Encoded } from "./bert.ts";
import { tf } from "./tf.ts";

export interface MaskedTargets {
  /** row·length + column of each masked token in the batch. */
  readonly positions: Int32Array;
  /** The token that stood there. */
  readonly labels: Int32Array;
}

/** Mean cross-entropy of the original tokens at the masked positions, in nats. */
export function maskedLanguageLoss(model: BertModel, encoded: Encoded, { positions, labels }: MaskedTargets): tf.Scalar {
  return softmaxCrossEntropy(model.maskedLogits(encoded, positions), labels);
}

/** Mean cross-entropy of the labels, in nats. */
export function classificationLoss(model: BertModel, encoded: Pick<Encoded, "pooled">, labels: Int32Array): tf.Scalar {
  return softmaxCrossEntropy(model.classLogits(encoded), labels);
}

/**
 * InfoNCE over two views of the same n texts: rows 0..n-1 of `vectors` are view A, rows n..2n-1 view B. With cosine similarities
 * s(i,j) = cos(aᵢ, bⱼ)/τ, the mean of the cross-entropies of i among s(i,·) and among s(·,i). Source: van den Oord et al. 2018; Gao et al. 2021.
 */
export function contrastiveLoss(vectors: tf.Tensor2D, { temperature }: { temperature: number }): tf.Scalar {
  const [rows, width] = vectors.shape;
  if (rows % 2 !== 0 || rows < 4)
    throw new RangeError(`Two views of at least two texts make an even number of rows; there are ${rows}.`);
  const half = rows / 2;
  const unit = tf.mul(vectors, tf.rsqrt(tf.add(tf.sum(tf.square(vectors), 1, true), 1e-12))) as tf.Tensor2D;
  const first = tf.slice(unit, [0, 0], [half, width]);
  const second = tf.slice(unit, [half, 0], [half, width]);
  const diagonal = Int32Array.from({ length: half }, (_, index) => index);
  const similarity = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.mul(tf.matMul(a, b, false, true), 1 / temperature) as tf.Tensor2D;
  return weightedSum([
    [0.5, softmaxCrossEntropy(similarity(first, second), diagonal)],
    [0.5, softmaxCrossEntropy(similarity(second, first), diagonal)],
  ]);
}

export function weightedSum(terms: readonly (readonly [weight: number, loss: tf.Scalar])[]): tf.Scalar {
  return tf.addN(terms.map(([weight, loss]) => tf.mul(loss, weight))) as tf.Scalar;
}
