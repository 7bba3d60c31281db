import { setImmediate } from "node:timers/promises";
import type { BertModel, TextTokenizer } from "../runtime/index.ts";
import { countCorrect, emptyBits, markCorrect } from "./correct-bits.ts";
import { type Estimate, wilson } from "./intervals.ts";
import { lengthBatches } from "./length-batches.ts";
import type { Example } from "./read-examples.ts";

type Runtime = typeof import("../runtime/index.ts");

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
  const { model: dir, head, examples, signal } = request;
  const n = examples.length;
  if (n === 0) throw new Error("An evaluation needs at least one example.");
  signal?.throwIfAborted();
  const started = performance.now();
  // Imported here: who only reads splits or compares scores should not wait for TensorFlow.js.
  const runtime: Runtime = await import("../runtime/index.ts");
  await runtime.ensureBackend();
  const tokenizer = await runtime.loadTokenizer(dir);
  const model = await runtime.loadBert(dir, { head: "classification", headFrom: head });
  try {
    checkFit(model, tokenizer, request);
    checkOrder(await runtime.readHeadLabels(head), request);
    const bits = await scoreExamples(runtime, model, tokenizer, request);
    const right = countCorrect({ bits, n });
    return { n, correct: bits, value: right / n, ...wilson(right, n), seconds: (performance.now() - started) / 1000 };
  } finally {
    model.dispose();
  }
}

async function scoreExamples(
  { padBatch, predictLabels }: Runtime,
  model: BertModel,
  tokenizer: TextTokenizer,
  { examples, batchTokens = DEFAULT_BATCH_TOKENS, onProgress, signal }: ClassificationRequest,
): Promise<Uint8Array> {
  const { max_position_embeddings: maxLength, pad_token_id: padding } = model.config;
  const correct = emptyBits(examples.length);
  let done = 0;
  for (let start = 0; start < examples.length; start += WINDOW) {
    const window = examples.slice(start, start + WINDOW);
    const sequences = window.map(({ text }) => tokenizer.encode(text, maxLength));
    const lengths = sequences.map(({ length }) => length);
    for (const batch of lengthBatches(lengths, batchTokens)) {
      // Lets an abort, or a message to this process, through between two batches.
      await setImmediate();
      signal?.throwIfAborted();
      const chosen = batch.map((index) => sequences[index] ?? []);
      const guesses = await predictLabels(model, padBatch(chosen, padding));
      batch.forEach((index, row) => {
        if (guesses[row] === window[index]?.label) markCorrect(correct, start + index);
      });
      done += batch.length;
      onProgress?.({ done, total: examples.length });
    }
  }
  return correct;
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
