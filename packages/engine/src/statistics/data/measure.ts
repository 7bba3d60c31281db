import type { Network } from "../../runtime/index.ts";
import { diagonalFisher, type Fisher, type FisherOptions } from "../fisher.ts";
import { choiceFisher, languageFisher } from "../language-fisher.ts";
import type { StatisticInput } from "./statistic-input.ts";

export interface InputFisherOptions extends FisherOptions {
  readonly likelihood?: "sum" | "mean";
}

/** Fisher information on whatever the examples ask for. @throws Error where the estimator has no meaning for them */
export function inputFisher(network: Network, input: StatisticInput, options: InputFisherOptions): Promise<Fisher> {
  const { likelihood, estimator, ...rest } = options;
  if (input.asks === "labels") return diagonalFisher(network, input.examples, options);
  const more = { ...rest, ...(likelihood === undefined ? {} : { likelihood }) };
  if (input.asks === "choices") return choiceFisher(network, input.questions, { ...more, estimator });
  if (estimator.kind === "exact")
    throw new Error(
      "The exact expectation is over labels or choices; over all texts nobody can take it: use sampled or empirical.",
    );
  return languageFisher(network, input.examples, { ...more, estimator });
}
