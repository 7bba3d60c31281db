import { tf } from "../runtime/tf.ts";

/** Runs a forward pass and takes its scores out of the backend; nothing of the pass stays behind. */
export async function readLogits(forward: () => tf.Tensor2D): Promise<Float32Array> {
  const logits = tf.tidy(forward);
  try {
    return (await logits.data()) as Float32Array;
  } finally {
    logits.dispose();
  }
}
