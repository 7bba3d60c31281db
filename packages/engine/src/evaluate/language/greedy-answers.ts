import type { Decoding, TextNetwork } from "../../runtime/index.ts";
import type { tf } from "../../runtime/tf.ts";
import { padBatch } from "../../runtime/token-batch.ts";
import { lengthBatches } from "../length-batches.ts";
import { pause } from "../pause.ts";
import { readLogits } from "../read-logits.ts";
import type { Work } from "../score.ts";
import { topLabels } from "../top-label.ts";
import { beginning, sourceOf } from "./continuations.ts";
import type { LanguageTokenizer } from "./language-tokenizer.ts";
import { readableEnd } from "./readable-end.ts";
import type { LanguageNetwork } from "./stem-groups.ts";

export interface GreedySettings {
  readonly maxNewTokens: number;
  readonly stop: readonly string[];
}

interface Draft {
  readonly source: readonly number[];
  /** What the causal model or the decoder has read so far. */
  readonly tokens: number[];
  readonly begin: number;
  isDone: boolean;
}

/**
 * The most likely token after another (the lowest id among equals), until a token that ends texts, a stop text, or `maxNewTokens`.
 * A causal prompt too long for itself and its answer loses its beginning.
 */
export async function greedyAnswers(
  network: LanguageNetwork,
  tokenizer: LanguageTokenizer,
  prompts: readonly string[],
  { settings, work }: { settings: GreedySettings; work: Pick<Work, "batchTokens" | "signal"> },
): Promise<{ answers: string[]; truncated: number }> {
  const begun = prompts.map((prompt) => start(network, tokenizer, prompt, settings.maxNewTokens));
  const drafts = begun.map(({ draft }) => draft);
  const lengths = drafts.map(({ source, tokens }) => Math.max(source.length, tokens.length + settings.maxNewTokens));
  for (const batch of lengthBatches(lengths, work.batchTokens)) {
    await answer(
      network,
      batch.flatMap((index) => drafts[index] ?? []),
      tokenizer,
      { settings, work },
    );
  }
  const answers = drafts.map((draft) => cutAt(answerOf(draft, tokenizer), settings.stop));
  return { answers, truncated: begun.filter(({ isCut }) => isCut).length };
}

async function answer(
  network: LanguageNetwork,
  drafts: readonly Draft[],
  tokenizer: LanguageTokenizer,
  { settings, work }: { settings: GreedySettings; work: Pick<Work, "signal"> },
): Promise<void> {
  const decoding = begin(network, drafts);
  try {
    let open = drafts;
    let forward = () => decoding.first();
    for (let step = 0; step < settings.maxNewTokens; step++) {
      await pause(work.signal);
      const next = topLabels(await readLogits(forward), network.outputs);
      open.forEach((draft, row) => void extend(draft, next[row] ?? 0, tokenizer, settings.stop));
      const rows = Int32Array.from(open.keys()).filter((row) => open[row]?.isDone === false && hasRoom(network, open[row]));
      if (rows.length === 0) break;
      open = open.filter((_, row) => rows.includes(row));
      const tokens = Int32Array.from(open, (draft) => draft.tokens.at(-1) ?? 0);
      forward = () => decoding.next(rows, tokens);
    }
  } finally {
    decoding.dispose();
  }
}

/** Whether the model can read all that is there, to say what comes next. */
const hasRoom = ({ maxLength }: LanguageNetwork, { tokens }: Draft): boolean => tokens.length <= maxLength;

function start(network: LanguageNetwork, tokenizer: LanguageTokenizer, given: string, maxNewTokens: number) {
  const prompt = readableEnd(tokenizer, given, network.maxLength);
  if (network.input === "pairs") {
    const { source, isCut } = sourceOf(tokenizer, prompt, network.maxLength);
    return { isCut, draft: { source, tokens: [network.startToken], begin: 1, isDone: false } satisfies Draft };
  }
  const before = beginning(tokenizer);
  const ids = tokenizer.encodePlain(prompt);
  const room = Math.max(1, network.maxLength - before.length - maxNewTokens);
  const kept = ids.length > room ? ids.slice(ids.length - room) : ids;
  const tokens = [...before, ...kept];
  return { isCut: kept.length < ids.length, draft: { source: [], tokens, begin: tokens.length, isDone: false } satisfies Draft };
}

/** A network that cannot go on where it stopped reads every text anew. */
function rereading(network: TextNetwork, drafts: readonly Draft[]): Decoding {
  let open = drafts;
  const read = (): tf.Tensor2D => {
    const texts = padBatch(open.map(({ tokens }) => tokens));
    return network.logits(
      texts,
      texts.lengths.map((length, row) => row * texts.length + length - 1),
    );
  };
  return {
    first: read,
    next: (rows) => {
      open = Array.from(rows, (row) => open[row]).filter((draft) => draft !== undefined);
      return read();
    },
    dispose: () => {},
  };
}

function begin(network: LanguageNetwork, drafts: readonly Draft[]): Decoding {
  if (network.input === "pairs") return network.decode(padBatch(drafts.map(({ source }) => source)));
  return network.decode?.(padBatch(drafts.map(({ tokens }) => tokens))) ?? rereading(network, drafts);
}

function extend(draft: Draft, token: number, tokenizer: LanguageTokenizer, stop: readonly string[]): void {
  if (tokenizer.ends.has(token)) {
    draft.isDone = true;
    return;
  }
  draft.tokens.push(token);
  const answer = answerOf(draft, tokenizer);
  draft.isDone = stop.some((text) => answer.includes(text));
}

const answerOf = ({ tokens, begin }: Draft, tokenizer: LanguageTokenizer): string => tokenizer.decode(tokens.slice(begin));

function cutAt(answer: string, stop: readonly string[]): string {
  const ends = stop.map((text) => answer.indexOf(text)).filter((at) => at >= 0);
  return answer.slice(0, Math.min(answer.length, ...ends));
}
