import type { ImageNetwork, TableNetwork } from "../runtime/index.ts";
import { tf } from "../runtime/tf.ts";
import { emptyBits, markCorrect } from "./correct-bits.ts";
import { pause } from "./pause.ts";
import { proportion } from "./proportion.ts";
import { readLogits } from "./read-logits.ts";
import type { Finding, Work } from "./score.ts";
import { shapeText, type TensorSplit } from "./tensor-split.ts";
import { topLabels } from "./top-label.ts";

/** An image goes through a network in pieces; this many of them count as one token of a text when batches are made. */
const VALUES_PER_TOKEN = 768;

/** Accuracy of a network on images or on rows of numbers, read from the file batch by batch. */
export async function classifyRows(
  network: ImageNetwork | TableNetwork,
  split: TensorSplit,
  { batchTokens, onProgress, signal }: Work,
  where: string,
): Promise<Finding> {
  checkShape(network, split.shape, where);
  const size = split.shape.reduce((product, each) => product * each, 1);
  const atOnce = Math.max(1, Math.floor((batchTokens * VALUES_PER_TOKEN) / Math.max(size, VALUES_PER_TOKEN)));
  const correct = emptyBits(split.n);
  for (let begin = 0; begin < split.n; begin += atOnce) {
    await pause(signal);
    const count = Math.min(atOnce, split.n - begin);
    const values = await split.read(begin, count);
    const scores = await readLogits(() => forward(network, values, [count, ...split.shape]));
    topLabels(scores, network.outputs).forEach((guess, row) => {
      if (guess === split.labels[begin + row]) markCorrect(correct, begin + row);
    });
    onProgress({ done: begin + count, total: split.n });
  }
  return proportion(correct, split.n);
}

/** A network whose lengths are null takes images of any size. */
function checkShape(network: ImageNetwork | TableNetwork, shape: readonly number[], where: string): void {
  const wanted: readonly (number | null)[] = network.input === "images" ? network.imageShape : [network.features];
  if (wanted.length === shape.length && wanted.every((length, axis) => length === null || length === shape[axis])) return;
  const shown = wanted.map((length) => length ?? "any").join(", ");
  throw new Error(`${where}: an example has the shape ${shapeText(shape)}; the model takes [${shown}].`);
}

function forward(network: ImageNetwork | TableNetwork, values: Float32Array, shape: number[]): tf.Tensor2D {
  const input = tf.tensor(values, shape);
  return network.input === "images" ? network.logits(input as tf.Tensor4D) : network.logits(input as tf.Tensor2D);
}
