import { borrowValues, tf } from "../../runtime/index.ts";
import { addSquaresTo, addTo } from "./add-values.ts";
import type { Contribution } from "./contribution.ts";

/** Matrices smaller than this are multiplied for several examples in one operation. */
const CHUNK = 1 << 22;

/**
 * Of a matrix [p, q] whose gradient by example e is Σₜ aₑₜ bₑₜᵀ, a [e·t, p], b [e·t, q]. With one row an example the squares need no gradient of an
 * example: Σₑ (aₑbₑᵀ)² = (a²)ᵀ(b²). Else those of a few examples at a time are made, squared and dropped.
 */
export function denseWeight(a: tf.Tensor2D, b: tf.Tensor2D, examples: number): Contribution {
  const rows = a.shape[0] / examples;
  const [p, q] = [a.shape[1], b.shape[1]];
  return {
    addSquares(sums) {
      if (rows === 1) return tf.tidy(() => addTo(sums, borrowValues(tf.matMul(tf.square(a), tf.square(b), true))));
      const atOnce = Math.max(1, Math.floor(CHUNK / (p * q)));
      for (let first = 0; first < examples; first += atOnce) {
        const count = Math.min(atOnce, examples - first);
        tf.tidy(() => {
          const [left, right] = [a, b].map((each) =>
            tf.reshape(count === examples ? each : tf.slice(each, [first * rows, 0], [count * rows, -1]), [count, rows, -1]),
          ) as [tf.Tensor3D, tf.Tensor3D];
          const gradients = tf.matMul(left, right, true);
          // Summed by the backend first: going through every gradient here costs more than making it.
          if (count === 1) addSquaresTo(sums, borrowValues(gradients));
          else addTo(sums, borrowValues(tf.sum(tf.square(gradients), 0)));
        });
      }
    },
    addGradient(example, into) {
      tf.tidy(() => {
        const [left, right] = [a, b].map((each) => tf.slice(each, [example * rows, 0], [rows, -1])) as [tf.Tensor2D, tf.Tensor2D];
        addTo(into, borrowValues(tf.matMul(left, right, true)));
      });
    },
  };
}
