import { z } from "zod";
import { combineCat } from "../adapters/combine.ts";
import { defineMethod } from "../define-method.ts";
import { adaptersAddUp, catIsFullSvd, emptyAdapterChangesNothing, oneAdapterIsScaled } from "../laws.ts";
import { allWeightsZero, weight } from "./parent-settings.ts";
import { weightedParts, weightsOf } from "./rank-settings.ts";

/**
 * Stacks the factors of LoRA adapters, as PEFT's "cat" does: exactly the weighted sum of what they do.
 *   A = the weightᵢ·scaleᵢ·Aᵢ one below the other      B = the Bᵢ side by side      scale 1
 * Limits: the rank is the sum of the ranks, and so is the size; lora_svd cuts it.
 * Source: add_weighted_adapter of PEFT.
 */
export const loraCat = defineMethod({
  id: "lora_cat",
  version: 1,
  title: "LoRA cat",
  summary: "Factors of adapters side by side: exactly the weighted sum of what they do.",
  source: "https://github.com/huggingface/peft",
  family: "adapters",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({ weight: weight("Factor of this adapter; negative to take it out") }),
  accepts: ["adapter"],
  output: "adapter",
  params: z.object({}),
  laws: [oneAdapterIsScaled, adaptersAddUp, catIsFullSvd, emptyAdapterChangesNothing],
  check: allWeightsZero,
  coefficients: weightsOf,
  adapters: {
    kind: "combine",
    rank: ({ ranks }) => ranks.reduce((sum, rank) => sum + rank, 0),
    make: (parts) => ({ factors: combineCat(weightedParts(parts)), cut: null }),
  },
});
