import { z } from "zod";
import { sumOfSquares } from "../../linalg/index.ts";
import { combineSvd } from "../adapters/combine.ts";
import { defineMethod } from "../define-method.ts";
import { emptyAdapterChangesNothing, oneAdapterIsScaled } from "../laws.ts";
import { allWeightsZero, weight } from "./parent-settings.ts";
import { maxRank, weightedParts, weightsOf } from "./rank-settings.ts";

/**
 * The best approximation of a rank of the weighted sum of what LoRA adapters do, as PEFT's "svd" without options.
 *   Σᵢ weightᵢ·scaleᵢ·Bᵢ·Aᵢ ≈ U·diag(s)·Vᵀ      B = U·diag(s)      A = Vᵀ      scale 1
 * Decomposed from the stacked factors in f64, the sum itself is never formed. How much of ‖ΔW‖² is cut off stands in amalgam.json.
 * Limits: with rank 0 the largest among the adapters is taken; more than there is, min(rows, columns, Σ ranks), is cut to it.
 * Source: add_weighted_adapter of PEFT.
 */
export const loraSvd = defineMethod({
  id: "lora_svd",
  version: 1,
  title: "LoRA SVD",
  summary: "Best approximation of a rank of the weighted sum of what adapters do.",
  source: "https://github.com/huggingface/peft",
  family: "adapters",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({ weight: weight("Factor of this adapter; negative to take it out") }),
  accepts: ["adapter"],
  output: "adapter",
  params: z.object({
    rank: z.int().min(0).max(maxRank).default(0).describe("Rank of the result; 0: the largest among the adapters"),
  }),
  laws: [oneAdapterIsScaled, emptyAdapterChangesNothing],
  check: allWeightsZero,
  coefficients: weightsOf,
  adapters: {
    kind: "combine",
    rank: ({ ranks, rows, columns }, { rank }) => {
      const total = ranks.reduce((sum, each) => sum + each, 0);
      return Math.min(rank === 0 ? Math.max(0, ...ranks) : rank, rows, columns, total);
    },
    make(parts, { rank }) {
      const { factors, singularValues, tailEnergy } = combineSvd(weightedParts(parts), rank === 0 ? undefined : rank);
      return { factors, cut: { energy: sumOfSquares(singularValues), tailEnergy } };
    },
  },
});
