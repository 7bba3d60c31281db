import { type ImageNetwork, type ImagePreparation, imageLayout, type TableNetwork, toPixels } from "../runtime/index.ts";
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
  { where, preparation }: { where: string; preparation: ImagePreparation | null },
): Promise<Finding> {
  checkShape(network, split.shape, { where, preparation });
  const size = split.shape.reduce((product, each) => product * each, 1);
  const atOnce = Math.max(1, Math.floor((batchTokens * VALUES_PER_TOKEN) / Math.max(size, VALUES_PER_TOKEN)));
  const correct = emptyBits(split.n);
  for (let begin = 0; begin < split.n; begin += atOnce) {
    await pause(signal);
    const count = Math.min(atOnce, split.n - begin);
    const values = await split.read(begin, count);
    const shape = [count, ...split.shape];
    const scores = await readLogits(() =>
      network.input === "images"
        ? network.logits(toPixels({ values, isBytes: split.isBytes, shape }, network.imageShape, preparation))
        : network.logits(tf.tensor2d(values, [count, network.features])),
    );
    topLabels(scores, network.outputs).forEach((guess, row) => {
      if (guess === split.labels[begin + row]) markCorrect(correct, begin + row);
    });
    onProgress({ done: begin + count, total: split.n });
  }
  return proportion(correct, split.n);
}

function checkShape(
  network: ImageNetwork | TableNetwork,
  shape: readonly number[],
  { where, preparation }: { where: string; preparation: ImagePreparation | null },
): void {
  if (network.input === "features") {
    if (shape.length === 1 && shape[0] === network.features) return;
    throw new Error(`${where}: an example has the shape ${shapeText(shape)}; the model takes [${network.features}].`);
  }
  try {
    imageLayout([1, ...shape], network.imageShape, preparation);
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
