import { type AttentionShape, gatherRows } from "@amalgam/tfjs-backend-ort";
import { tf } from "./tf.ts";

/** The first of every example's rows, [batch, d] from [batch·length, d]. */
export function firstRowsOf(x: tf.Tensor2D, { batch, length }: AttentionShape): tf.Tensor2D {
  return gatherRows(
    x,
    Int32Array.from({ length: batch }, (_, example) => example * length),
  );
}

/** Attention of one query an example, [batch, d], to all of its rows; key and value [batch·length, d], mask [batch, 1, 1, length]. Gives [batch, d]. */
export function attendFrom(
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  mask: tf.Tensor4D,
  { batch, length, heads }: AttentionShape,
): tf.Tensor2D {
  const width = query.shape[1] / heads;
  const toHeads = (rows: tf.Tensor2D): tf.Tensor => tf.transpose(tf.reshape(rows, [batch, length, heads, width]), [0, 2, 1, 3]);
  // One row: heads and rows lie as they would after the swap.
  const asked = tf.mul(tf.reshape(query, [batch, heads, 1, width]), 1 / Math.sqrt(width));
  const scores = tf.add(tf.matMul(asked, toHeads(key), false, true), mask);
  return tf.reshape(tf.matMul(tf.softmax(scores), toHeads(value)), [batch, heads * width]);
}
