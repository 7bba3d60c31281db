import type { MaskChoice } from "../data/mask-tokens.ts";
import { inputSettings, type StatisticInput } from "../data/statistic-input.ts";
import type { FisherEstimator } from "../fisher.ts";
import { DEFAULT_CUT } from "../label-factors.ts";

/** What of an estimator decides its numbers, for the key of a statistic. */
export function estimatorSettings(
  estimator: FisherEstimator,
  input: Pick<StatisticInput, "asks"> & { readonly masks?: MaskChoice },
  likelihood?: "sum" | "mean",
): Record<string, string | number> {
  const { asks } = input;
  return {
    ...inputSettings(input),
    ...(asks === "labels" ? {} : { likelihood: likelihood ?? (asks === "tokens" ? "sum" : "mean") }),
    ...(estimator.kind === "sampled" ? { draws: estimator.draws } : {}),
    ...(estimator.kind === "exact" && asks === "labels" ? { cut: estimator.cut ?? DEFAULT_CUT } : {}),
  };
}
