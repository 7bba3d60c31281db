import type { Network } from "../runtime/index.ts";
import { type ChoiceQuestion, choicePasses } from "./choice-passes.ts";
import { type Fisher, type FisherEstimator, type FisherOptions, measureFisher } from "./fisher.ts";
import type { TokenExample } from "./token-example.ts";
import { batchWithin, textPasses, tokenPassList } from "./token-passes.ts";

export interface LanguageOptions extends Omit<FisherOptions, "estimator"> {
  readonly estimator: Exclude<FisherEstimator, { kind: "exact" }>;
  /** An example's log-likelihood: the sum over its tokens, or their mean, which makes long texts count less. Default: sum for texts, mean for choices. */
  readonly likelihood?: "sum" | "mean";
}

/**
 * Diagonal Fisher information of a language model over texts:
 *   F[p] = (1/N) Σₓ (∂ Σⱼ ln p(tⱼ | x) / ∂θ_p)²,   tⱼ the text's own tokens (empirical) or drawn from the model at every position (sampled).
 * The expectation over all texts is a sum that nobody can take; over the choices of a question it is: `choiceFisher`.
 * @throws Error for a head that says no tokens; RangeError for an empty list
 */
export async function languageFisher(
  network: Network,
  examples: readonly TokenExample[],
  options: LanguageOptions,
): Promise<Fisher> {
  checkExamples(examples);
  return measureFisher(network, examples.length, options, async () => ({
    passes: tokenPassList(network, await textPasses(network, examples, options)),
    batch: batchWithin(network, examples, options.batch ?? 32),
  }));
}

/**
 * Diagonal Fisher information over the choices of questions, as DF-Merge takes it:
 *   F[p] = (1/N) Σₓ Σ_c q_c (∂ℓ_c / ∂θ_p)²,   ℓ_c the mean log-likelihood of a choice's tokens, q = softmax(ℓ).
 * @throws Error for a head that says no tokens, or an answer outside the choices; RangeError for an empty list
 */
export async function choiceFisher(
  network: Network,
  questions: readonly ChoiceQuestion[],
  options: FisherOptions & Pick<LanguageOptions, "likelihood">,
): Promise<Fisher> {
  const all = questions.flatMap(({ choices }) => choices);
  checkExamples(all);
  return measureFisher(network, questions.length, options, async () => ({
    passes: tokenPassList(network, await choicePasses(network, questions, options)),
    batch: batchWithin(network, all, options.batch ?? 32),
  }));
}

function checkExamples(examples: readonly TokenExample[]): void {
  if (examples.length === 0) throw new RangeError("Fisher information needs at least one example.");
  examples.forEach(({ positions, targets, input }, index) => {
    if (positions.length === 0 || positions.length !== targets.length || input.length === 0)
      throw new RangeError(`Example ${index} asks for ${targets.length} tokens at ${positions.length} positions.`);
  });
}
