import type { Network } from "../runtime/index.ts";
import type { FisherEstimator } from "./fisher.ts";
import { softmax } from "./label-factors.ts";
import type { LanguageOptions } from "./language-fisher.ts";
import type { TokenExample } from "./token-example.ts";
import { batchWithin, eachRow, type TokenPass } from "./token-passes.ts";
import { pick, uniform } from "./uniform.ts";

/** A question with its choices, each after the question; `answer` is the index of the right one. */
export interface ChoiceQuestion {
  readonly choices: readonly TokenExample[];
  readonly answer?: number;
}

/**
 * Passes over choices: with ℓ_c the log-likelihood of choice c (the mean over its tokens, or their sum) and q = softmax(ℓ), the squared
 * gradient of ℓ_c counts q_c times (exact), as often as c was drawn from q (sampled), or only for the right choice (empirical).
 * Source: DF-Merge, Lee et al. 2025 (arXiv 2504.18992), which takes ∂ℓ_c and not ∂ ln q_c.
 */
export async function choicePasses(
  network: Network,
  questions: readonly ChoiceQuestion[],
  {
    estimator,
    likelihood = "mean",
    batch = 32,
    signal,
  }: Omit<LanguageOptions, "estimator"> & { readonly estimator: FisherEstimator },
): Promise<TokenPass[]> {
  const all = questions.flatMap(({ choices }) => choices);
  const shares = all.map(({ targets }) => (likelihood === "mean" ? 1 / targets.length : 1));
  const scores = new Float64Array(all.length);
  if (estimator.kind !== "empirical") {
    const limits = { batch: batchWithin(network, all, batch), signal };
    await eachRow(network, all, limits, (index, position, logs) => {
      const target = all[index]?.targets[position] ?? 0;
      scores[index] = (scores[index] as number) + (shares[index] as number) * (logs[target] as number);
    });
  }
  let start = 0;
  return questions.flatMap(({ choices, answer }, question) => {
    const first = start;
    start += choices.length;
    const weights = weightsOf(estimator, scores.subarray(first, start), answer, question);
    return choices.flatMap((example, choice): TokenPass[] => {
      const weight = weights[choice] ?? 0;
      if (weight === 0) return [];
      return [{ example, targets: example.targets, scale: Math.sqrt(weight) * (shares[first + choice] as number) }];
    });
  });
}

function weightsOf(
  estimator: FisherEstimator,
  scores: Float64Array,
  answer: number | undefined,
  question: number,
): ArrayLike<number> {
  if (estimator.kind === "exact") return softmax(scores);
  const weights = new Float64Array(scores.length);
  if (estimator.kind === "empirical") {
    if (answer === undefined || !(answer >= 0 && answer < scores.length))
      throw new Error(`Question ${question} has the answer ${answer}; it has ${scores.length} choices.`);
    weights[answer] = 1;
    return weights;
  }
  const q = softmax(scores);
  for (let draw = 0; draw < estimator.draws; draw++) {
    const choice = pick(q, uniform(estimator.seed, question, draw));
    weights[choice] = (weights[choice] as number) + 1 / estimator.draws;
  }
  return weights;
}
