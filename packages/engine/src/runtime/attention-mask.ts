import { tf } from "./tf.ts";
import type { TokenBatch } from "./token-batch.ts";

/** Added to the attention scores of what must not be seen: far below any score, far from overflow. */
export const HIDDEN_SCORE = -1e9;

/** [size, 1, 1, length]: 0 for a text's tokens, HIDDEN_SCORE for its padding. */
export function paddingMask({ size, length, lengths }: TokenBatch): tf.Tensor4D {
  const values = new Float32Array(size * length);
  lengths.forEach((used, row) => {
    values.fill(HIDDEN_SCORE, row * length + used, (row + 1) * length);
  });
  return tf.tensor4d(values, [size, 1, 1, length]);
}
