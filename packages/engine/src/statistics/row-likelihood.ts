import { borrowValues, tf } from "../runtime/index.ts";

/**
 * Σᵣ wᵣ ln p_r[targetᵣ], p = softmax of the rows of `logits` [rows, outputs]. Gradient by the logits: wᵣ(e_target − p_r). A row of weight 0
 * counts for nothing.
 */
export function rowLikelihood(logits: tf.Tensor2D, targets: Int32Array, weights: Float32Array): tf.Scalar {
  const outputs = logits.shape[1];
  const op = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    const logs = tf.logSoftmax(z);
    save([logs]);
    const values = borrowValues(logs);
    let sum = 0;
    targets.forEach((target, row) => {
      if (weights[row] !== 0) sum += (weights[row] ?? 0) * (values[row * outputs + target] ?? Number.NaN);
    });
    return {
      value: tf.scalar(sum),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
        const gradient = borrowValues(tf.exp(saved as tf.Tensor)).slice();
        targets.forEach((target, row) => {
          const weight = weights[row] ?? 0;
          for (let at = row * outputs; at < (row + 1) * outputs; at++) gradient[at] = -weight * (gradient[at] as number);
          gradient[row * outputs + target] = (gradient[row * outputs + target] as number) + weight;
        });
        return tf.mul(tf.tensor2d(gradient, [targets.length, outputs]), dy);
      },
    };
  });
  return op(logits) as tf.Scalar;
}
