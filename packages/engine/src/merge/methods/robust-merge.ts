import { z } from "zod";
import { robustMerge as mergeFactors } from "../adapters/robust-merge.ts";
import { defineMethod } from "../define-method.ts";
import { oneKeptAdapterIsItself, orderOfAdaptersIrrelevant } from "../laws.ts";
import { noCoefficients } from "./parent-settings.ts";
import { equalRanks } from "./rank-settings.ts";

/**
 * Prunes the factors of LoRA adapters to their largest entries and adds them up, B in proportion to how much pruning shrank A, so
 * that small directions survive (CoPA-Merging). Of each module, Â and B̂ the pruned factors, k a rank:
 *   sᵢ[k] = Σⱼ |Aᵢ[k,j]| / Σⱼ |Âᵢ[k,j]|, raised to the value at position ⌊(1 − distinct)·rank⌋, from 0, of the sorted sᵢ
 *   A = c·Σᵢ Âᵢ      B[:,k] = c·Σᵢ scaleᵢ·B̂ᵢ[:,k]·sᵢ[k] / Σᵢ sᵢ[k]
 * Limits: one rank for all; the coefficient enters what the adapter does as c² and its 2 was never tuned, so search it; B·A holds
 * products of different adapters. Every row of Â keeps an entry.
 * Source: RobustMerge (Zeng et al. 2025).
 */
export const robustMerge = defineMethod({
  id: "robust_merge",
  version: 1,
  title: "RobustMerge",
  summary: "Pruned factors of adapters, added up so that small directions survive.",
  source: "https://arxiv.org/abs/2502.17159",
  family: "adapters",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({}),
  accepts: ["adapter"],
  output: "adapter",
  params: z.object({
    keep: z.number().min(1e-6).max(1).default(0.2).describe("Share of the entries of each factor, the largest, that is kept"),
    distinct: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe("Share of the ranks, those that pruning shrank most, with a scale of their own"),
    coefficient: z.number().min(-100).max(100).default(2).describe("Factor of both sums"),
  }),
  laws: [oneKeptAdapterIsItself, orderOfAdaptersIrrelevant],
  coefficients: noCoefficients,
  adapters: {
    kind: "combine",
    rank: ({ ranks }) => equalRanks(ranks, "RobustMerge"),
    make: (parts, params) => ({
      factors: mergeFactors(
        parts.map(({ factors }) => factors),
        params,
      ),
      cut: null,
    }),
  },
});
