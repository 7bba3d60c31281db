import type { BertModel } from "./bert.ts";
import { tf } from "./tf.ts";
import type { TokenBatch } from "./token-batch.ts";

/** The most probable class of every text of a batch (the lowest index among equals). Throws when a score is not finite. */
export async function predictLabels(model: BertModel, batch: TokenBatch): Promise<Int32Array> {
  const logits = tf.tidy(() => model.classLogits(model.encode(batch)));
  try {
    const scores = (await logits.data()) as Float32Array;
    const classes = logits.shape[1];
    return Int32Array.from({ length: batch.size }, (_, row) => argMax(scores.subarray(row * classes, (row + 1) * classes)));
  } finally {
    logits.dispose();
  }
}

function argMax(scores: Float32Array): number {
  let best = 0;
  scores.forEach((score, index) => {
    if (!Number.isFinite(score)) throw new Error("The model gives a score that is not a finite number.");
    if (score > (scores[best] ?? Number.NEGATIVE_INFINITY)) best = index;
  });
  return best;
}
