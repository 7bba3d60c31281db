import { emptyBits, markCorrect } from "../correct-bits.ts";
import { proportion } from "../proportion.ts";
import type { ChoiceExample } from "../read-examples.ts";
import type { Finding, Work } from "../score.ts";
import { type Continuation, continuationsOf } from "./continuations.ts";
import type { LanguageTokenizer } from "./language-tokenizer.ts";
import { logLikelihoods } from "./log-likelihood.ts";
import type { LanguageNetwork } from "./stem-groups.ts";

export interface ChoiceSettings {
  readonly normalise: "tokens" | "characters" | "none";
  readonly separator: string;
}

/** Examples that are tokenised and scored together, which bounds memory whatever the size of the split. */
const WINDOW = 256;

/**
 * Accuracy of the choice with the greatest log-likelihood given its context, divided by its number of tokens or of characters, or not at all;
 * the first of equals counts. Division by tokens is what DF-Merge and RegMean report for multiple choice.
 */
export async function choose(
  network: LanguageNetwork,
  tokenizer: LanguageTokenizer,
  examples: readonly ChoiceExample[],
  { settings, work }: { settings: ChoiceSettings; work: Work },
): Promise<Finding> {
  const correct = emptyBits(examples.length);
  let truncated = 0;
  for (let start = 0; start < examples.length; start += WINDOW) {
    const window = examples.slice(start, start + WINDOW).map(({ context, choices, answer }, index) => {
      const where = `Example ${start + index + 1}: `;
      const continuations = continuationsOf(network, tokenizer, {
        prompt: context,
        choices,
        separator: settings.separator,
        where,
      });
      return { choices, answer, continuations };
    });
    truncated += window.filter(({ continuations }) => continuations.some(({ isCut }) => isCut)).length;
    const all = window.flatMap(({ continuations }) => continuations);
    let done = 0;
    const sums = await logLikelihoods(network, all, work, (count) => {
      done += count;
      work.onProgress({ done: start + Math.floor((done / all.length) * window.length), total: examples.length });
    });
    let at = 0;
    window.forEach(({ choices, answer, continuations }, index) => {
      const scores = continuations.map(
        (each, choice) => (sums[at + choice] ?? 0) / lengthOf(each, choices[choice] ?? "", settings),
      );
      at += continuations.length;
      if (scores.indexOf(Math.max(...scores)) === answer) markCorrect(correct, start + index);
    });
  }
  return proportion(correct, examples.length, truncated);
}

function lengthOf({ tokens, from }: Continuation, choice: string, { normalise }: ChoiceSettings): number {
  if (normalise === "none") return 1;
  return normalise === "tokens" ? tokens.length - from : [...choice].length;
}
