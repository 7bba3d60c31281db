import type { TextNetwork, TextTokenizer } from "../runtime/index.ts";
import { padBatch } from "../runtime/token-batch.ts";
import { emptyBits, markCorrect } from "./correct-bits.ts";
import { lengthBatches } from "./length-batches.ts";
import { pause } from "./pause.ts";
import { proportion } from "./proportion.ts";
import type { Example } from "./read-examples.ts";
import { readLogits } from "./read-logits.ts";
import type { Finding, Work } from "./score.ts";
import { topLabels } from "./top-label.ts";

/** Texts are tokenised and sorted by length this many at a time, which bounds memory whatever the size of the split. */
const WINDOW = 4096;

/** Accuracy of the label that a classification head scores highest. A text longer than the model takes loses its end. */
export async function classifyTexts(
  network: TextNetwork,
  tokenizer: TextTokenizer,
  examples: readonly Example[],
  { batchTokens, onProgress, signal }: Work,
): Promise<Finding> {
  const correct = emptyBits(examples.length);
  let done = 0;
  let truncated = 0;
  for (let start = 0; start < examples.length; start += WINDOW) {
    const window = examples.slice(start, start + WINDOW);
    const encoded = window.map(({ text }) => tokenizer.fit(text, network.maxLength));
    truncated += encoded.filter(({ isCut }) => isCut).length;
    for (const batch of lengthBatches(
      encoded.map(({ ids }) => ids.length),
      batchTokens,
    )) {
      await pause(signal);
      const tokens = padBatch(batch.map((index) => encoded[index]?.ids ?? []));
      const scores = await readLogits(() => network.logits(tokens));
      topLabels(scores, network.outputs).forEach((guess, row) => {
        const index = batch[row] ?? 0;
        if (guess === window[index]?.label) markCorrect(correct, start + index);
      });
      done += batch.length;
      onProgress({ done, total: examples.length });
    }
  }
  return proportion(correct, examples.length, truncated);
}
