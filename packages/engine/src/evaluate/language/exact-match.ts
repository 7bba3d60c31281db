import { emptyBits, markCorrect } from "../correct-bits.ts";
import { proportion } from "../proportion.ts";
import type { AnswerExample } from "../read-examples.ts";
import type { Finding, Work } from "../score.ts";
import { type GreedySettings, greedyAnswers } from "./greedy-answers.ts";
import type { LanguageTokenizer } from "./language-tokenizer.ts";
import { type AnswerComparison, normaliseAnswer } from "./normalise-answer.ts";
import type { LanguageNetwork } from "./stem-groups.ts";

export interface ExactMatchSettings extends GreedySettings {
  readonly prompt: string;
  readonly compare: AnswerComparison;
}

/** Prompts that are answered together. */
const WINDOW = 64;

/** Share of examples whose greedy answer equals one of the right ones, both in the form that `compare` says. */
export async function exactMatch(
  network: LanguageNetwork,
  tokenizer: LanguageTokenizer,
  examples: readonly AnswerExample[],
  { settings, work }: { settings: ExactMatchSettings; work: Work },
): Promise<Finding> {
  const correct = emptyBits(examples.length);
  let truncated = 0;
  for (let start = 0; start < examples.length; start += WINDOW) {
    const window = examples.slice(start, start + WINDOW);
    const prompts = window.map(({ input }) => settings.prompt.replaceAll("{input}", () => input));
    const found = await greedyAnswers(network, tokenizer, prompts, { settings, work });
    truncated += found.truncated;
    window.forEach((example, index) => {
      if (isRight(found.answers[index] ?? "", example, settings.compare)) markCorrect(correct, start + index);
    });
    work.onProgress({ done: start + window.length, total: examples.length });
  }
  return proportion(correct, examples.length, truncated);
}

export const isRight = (answer: string, { answers }: AnswerExample, compare: AnswerComparison): boolean =>
  answers.some((right) => normaliseAnswer(right, compare) === normaliseAnswer(answer, compare));
