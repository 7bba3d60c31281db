import { padBatch } from "../../runtime/token-batch.ts";
import { lengthBatches } from "../length-batches.ts";
import { pause } from "../pause.ts";
import { readLogits } from "../read-logits.ts";
import type { Work } from "../score.ts";
import { topLabels } from "../top-label.ts";
import { beginning, sourceOf } from "./continuations.ts";
import type { LanguageTokenizer } from "./language-tokenizer.ts";
import type { LanguageNetwork } from "./log-likelihood.ts";
import { readableEnd } from "./readable-end.ts";

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
 * Every step runs the whole prefix anew: nothing is cached between steps. A causal prompt too long for itself and its answer loses its beginning.
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
    const chosen = batch.flatMap((index) => drafts[index] ?? []);
    for (let step = 0; step < settings.maxNewTokens; step++) {
      const open = chosen.filter((draft) => !draft.isDone && draft.tokens.length < network.maxLength + 1);
      if (open.length === 0) break;
      await pause(work.signal);
      const next = await nextTokens(network, open);
      open.forEach((draft, row) => {
        extend(draft, next[row] ?? 0, tokenizer, settings.stop);
      });
    }
  }
  const answers = drafts.map((draft) => cutAt(answerOf(draft, tokenizer), settings.stop));
  return { answers, truncated: begun.filter(({ isCut }) => isCut).length };
}

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

async function nextTokens(network: LanguageNetwork, drafts: readonly Draft[]): Promise<Int32Array> {
  const target = padBatch(drafts.map(({ tokens }) => tokens));
  const last = Int32Array.from(target.lengths, (length, row) => row * target.length + length - 1);
  const scores = await readLogits(() =>
    network.input === "tokens"
      ? network.logits(target, last)
      : network.logits({ source: padBatch(drafts.map(({ source }) => source)), target }, last),
  );
  return topLabels(scores, network.outputs);
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
