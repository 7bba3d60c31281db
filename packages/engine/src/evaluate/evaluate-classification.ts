import { setImmediate } from "node:timers/promises";
import {
  type BertModel,
  ensureBackend,
  loadBert,
  loadTokenizer,
  padBatch,
  predictLabels,
  readHeadLabels,
  type TextTokenizer,
} from "../runtime/index.ts";
import { countCorrect, emptyBits, markCorrect } from "./correct-bits.ts";
import { type Estimate, wilson } from "./intervals.ts";
import { lengthBatches } from "./length-batches.ts";
import type { Example } from "./read-examples.ts";

export interface ClassificationRequest {
  /** Hugging Face folder of the trunk and tokenizer. */
  readonly model: string;
  /** Folder whose `classifier.*` is the task's head; may be the model's own. */
  readonly head: string;
  readonly labels: readonly string[];
  readonly examples: readonly Example[];
  /** Tokens, padding included, that go through the model at once. */
  readonly batchTokens?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

export interface ClassificationScore extends Estimate {
  readonly n: number;
  /** One bit an example, in their order; see CorrectBits. */
  readonly correct: Uint8Array;
  readonly seconds: number;
}

const DEFAULT_BATCH_TOKENS = 1024;

/** Texts are tokenised and sorted by length this many at a time, which bounds memory whatever the size of the split. */
const WINDOW = 4096;

/**
 * Accuracy of a trunk under a task's head, with its Wilson interval. The same folders, examples and backend give the same answer.
 * Rejects with the signal's reason when aborted, and with an Error that names the folder, tensor or example at fault.
 */
export async function evaluateClassification(request: ClassificationRequest): Promise<ClassificationScore> {
  const { model: dir, head, examples, batchTokens = DEFAULT_BATCH_TOKENS, onProgress, signal } = request;
  if (examples.length === 0) throw new Error("An evaluation needs at least one example.");
  signal?.throwIfAborted();
  const started = performance.now();
  await ensureBackend();
  const tokenizer = await loadTokenizer(dir);
  const model = await loadBert(dir, { head: "classification", headFrom: head });
  try {
    checkFit(model, tokenizer, request);
    checkOrder(await readHeadLabels(head), request);
    const correct = emptyBits(examples.length);
    let done = 0;
    for (let start = 0; start < examples.length; start += WINDOW) {
      const window = examples.slice(start, start + WINDOW);
      const sequences = window.map(({ text }) => tokenizer.encode(text, model.config.max_position_embeddings));
      for (const batch of lengthBatches(
        sequences.map(({ length }) => length),
        batchTokens,
      )) {
        // Lets an abort, or a message to this process, through between two batches.
        await setImmediate();
        signal?.throwIfAborted();
        const guesses = await predictLabels(
          model,
          padBatch(
            batch.map((index) => sequences[index] ?? []),
            model.config.pad_token_id,
          ),
        );
        batch.forEach((index, row) => {
          if (guesses[row] === window[index]?.label) markCorrect(correct, start + index);
        });
        done += batch.length;
        onProgress?.({ done, total: examples.length });
      }
    }
    const right = countCorrect({ bits: correct, n: examples.length });
    const seconds = (performance.now() - started) / 1000;
    return { n: examples.length, correct, value: right / examples.length, ...wilson(right, examples.length), seconds };
  } finally {
    model.dispose();
  }
}

function checkFit(model: BertModel, tokenizer: TextTokenizer, { model: dir, head, labels }: ClassificationRequest): void {
  const classes = model.parameters.shape("classifier.weight")[0] ?? 0;
  if (classes !== labels.length)
    throw new Error(`${head}: the head tells ${classes} classes apart; the task has ${labels.length} labels.`);
  if (tokenizer.vocabularySize > model.config.vocab_size) {
    throw new Error(
      `${dir}: tokenizer.json has ${tokenizer.vocabularySize} tokens; the model's vocabulary has ${model.config.vocab_size}.`,
    );
  }
}

/** A head trained on the same labels in another order would be scored wrong without a word. */
function checkOrder(names: readonly string[] | null, { head, labels }: ClassificationRequest): void {
  if (names === null || names.join("\n") === labels.join("\n") || [...names].sort().join("\n") !== [...labels].sort().join("\n"))
    return;
  throw new Error(`${head}: config.json lists the labels as ${names.join(", ")}; the task as ${labels.join(", ")}.`);
}
