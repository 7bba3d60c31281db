import { setImmediate } from "node:timers/promises";
import { type CorrectBits, emptyBits, markCorrect } from "../evaluate/correct-bits.ts";
import type { TensorMap } from "../merge-by-statistics/index.ts";
import { padBatch, type TextNetwork, tf } from "../runtime/index.ts";
import { type Laboratory, putTrunk } from "./laboratory.ts";

/** A text as token ids, and the index of its label. */
export interface EncodedExample {
  readonly input: readonly number[];
  readonly label: number;
}

const BATCH = 64;

/** Which examples of every task a trunk gets right, under each task's own head. @param examples of each expert, in order */
export async function scoreTrunk(
  { experts }: Laboratory,
  trunk: TensorMap,
  examples: readonly (readonly EncodedExample[])[],
  signal?: AbortSignal,
): Promise<CorrectBits[]> {
  const scores: CorrectBits[] = [];
  for (const [i, { network }] of experts.entries()) {
    putTrunk(network, trunk);
    scores.push(await classify(network, examples[i] ?? [], signal));
  }
  return scores;
}

async function classify(
  network: TextNetwork,
  examples: readonly EncodedExample[],
  signal: AbortSignal | undefined,
): Promise<CorrectBits> {
  const bits = emptyBits(examples.length);
  const length = (index: number): number => examples[index]?.input.length ?? 0;
  // Texts of like length together: less padding.
  const order = [...examples.keys()].sort((a, b) => length(a) - length(b));
  for (let first = 0; first < order.length; first += BATCH) {
    await setImmediate();
    signal?.throwIfAborted();
    const part = order.slice(first, first + BATCH);
    const logits = tf.tidy(() => network.logits(padBatch(part.map((index) => examples[index]?.input ?? []))));
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    part.forEach((index, row) => {
      if (best(values.subarray(row * network.outputs, (row + 1) * network.outputs)) === examples[index]?.label)
        markCorrect(bits, index);
    });
  }
  return { bits, n: examples.length };
}

/** The lowest index among equals; −1 when a score is not a number, which no label is. */
function best(scores: Float32Array): number {
  return scores.indexOf(scores.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY));
}
