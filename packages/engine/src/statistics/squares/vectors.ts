import { type BatchNormCall, borrowValues, type NormCall, tf } from "../../runtime/index.ts";
import { addSquaresTo } from "./add-values.ts";
import type { Contribution } from "./contribution.ts";

/** Of a vector whose gradient by an example is the sum of that example's rows; the last axis of `rows` is the vector's. */
export function vectorOf(rows: tf.Tensor, examples: number): Contribution {
  const width = rows.shape.at(-1) ?? 1;
  // Copied: the tensor may be gone when the values are wanted.
  const values = borrowValues(tf.sum(tf.reshape(rows, [examples, -1, width]), 1)).slice();
  return {
    addSquares: (sums) => addSquaresTo(sums, values),
    addGradient(example, into) {
      for (let k = 0; k < width; k++) into[k] = (into[k] as number) + (values[example * width + k] as number);
    },
  };
}

/** dγ = Σ dy·x̂, x̂ the normalised rows. */
export function normGain({ x, isCentred, epsilon }: NormCall, dy: tf.Tensor2D, examples: number): Contribution {
  const centred = isCentred ? tf.sub(x, tf.mean(x, -1, true)) : x;
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return vectorOf(tf.mul(dy, tf.mul(centred, inverse)), examples);
}

/** dγ = Σ dy·(x − mean)/√(variance + ε), the statistics being constants. */
export function batchNormGain({ x, mean, variance, epsilon }: BatchNormCall, dy: tf.Tensor4D): Contribution {
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
  return vectorOf(tf.mul(dy, normal), x.shape[0]);
}
