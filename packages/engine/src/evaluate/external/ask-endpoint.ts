import { emptyBits, markCorrect } from "../correct-bits.ts";
import { parseSettings } from "../kinds.ts";
import { isRight } from "../language/exact-match.ts";
import { proportion } from "../proportion.ts";
import { rankingExamples } from "../ranking-examples.ts";
import { type ChoiceExample, readAnswerExamples, readChoiceExamples } from "../read-examples.ts";
import type { EndpointSource, EvaluationRequest } from "../request.ts";
import { dataOf, labelsOf } from "../request-parts.ts";
import type { Finding, Work } from "../score.ts";
import { complete, logProbabilityOf } from "./completions.ts";

/** Questions that a server answers at the same time. */
const AT_ONCE = 4;

/** Scores a model behind an OpenAI-compatible completions API. What does not fit into it is the server's to cut or refuse. */
export async function askEndpoint(request: EvaluationRequest, source: EndpointSource, work: Work): Promise<Finding> {
  const { kind } = request;
  const server = { ...source, model: source.model ?? request.model, signal: work.signal };
  if (kind === "exact-match") {
    const settings = parseSettings(kind, request.settings);
    return share(readAnswerExamples(dataOf(request)), work, async (example) => {
      const prompt = settings.prompt.replaceAll("{input}", () => example.input);
      const answer = await complete(server, { prompt, max_tokens: settings.maxNewTokens, stop: settings.stop });
      return isRight(answer, example, settings.compare);
    });
  }
  if (kind !== "multiple-choice" && kind !== "choice-ranking")
    throw new Error(`An endpoint can answer multiple-choice, choice-ranking and exact-match, not ${kind}.`);
  const settings = parseSettings(kind, request.settings);
  const examples: ChoiceExample[] =
    "prompt" in settings
      ? rankingExamples(dataOf(request), labelsOf(request), settings.prompt)
      : readChoiceExamples(dataOf(request));
  return share(examples, work, async ({ context, choices, answer }) => {
    const seam = /\s$/.test(context) || context === "" ? "" : settings.separator;
    const scores: number[] = [];
    for (const choice of choices) {
      const { sum, tokens } = await logProbabilityOf(server, context, (/^\s/.test(choice) ? "" : seam) + choice);
      scores.push(sum / { tokens, characters: [...choice].length, none: 1 }[settings.normalise]);
    }
    return scores.indexOf(Math.max(...scores)) === answer;
  });
}

async function share<T>(examples: readonly T[], work: Work, judge: (example: T) => Promise<boolean>): Promise<Finding> {
  const correct = emptyBits(examples.length);
  let next = 0;
  let done = 0;
  const take = async (): Promise<void> => {
    for (let index = next++; index < examples.length; index = next++) {
      work.signal?.throwIfAborted();
      const example = examples[index];
      if (example !== undefined && (await judge(example))) markCorrect(correct, index);
      done += 1;
      work.onProgress({ done, total: examples.length });
    }
  };
  const stop = (error: unknown): never => {
    next = examples.length; // the others begin nothing more
    throw error;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => take().catch(stop)));
  return proportion(correct, examples.length);
}
