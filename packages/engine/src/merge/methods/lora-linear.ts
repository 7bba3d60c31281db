import { z } from "zod";
import { combineLinear } from "../adapters/combine.ts";
import { defineMethod } from "../define-method.ts";
import { emptyAdapterChangesNothing, oneAdapterIsScaled } from "../laws.ts";
import { allWeightsZero, weight } from "./parent-settings.ts";
import { equalRanks, weightedParts, weightsOf } from "./rank-settings.ts";

/**
 * Adds up the factors of LoRA adapters of one rank, as PEFT's "linear" does. With f = weight · scale of each adapter:
 *   A = Σᵢ sign(fᵢ)·√|fᵢ|·Aᵢ      B = Σᵢ √|fᵢ|·Bᵢ      scale 1
 * Sums in f64 in the order of the recipe, results f32.
 * Limits: B·A holds the products Bᵢ·Aⱼ of different adapters too, so it is not the sum of what they do; lora_cat and lora_svd are
 * free of them, and take adapters of different ranks.
 * Source: add_weighted_adapter of PEFT.
 */
export const loraLinear = defineMethod({
  id: "lora_linear",
  version: 1,
  title: "LoRA linear",
  summary: "Factors of adapters of one rank, added up.",
  source: "https://github.com/huggingface/peft",
  family: "adapters",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({ weight: weight("Factor of this adapter; negative to take it out") }),
  accepts: ["adapter"],
  output: "adapter",
  params: z.object({}),
  laws: [oneAdapterIsScaled, emptyAdapterChangesNothing],
  check: allWeightsZero,
  coefficients: weightsOf,
  adapters: {
    kind: "combine",
    rank: ({ ranks }) => equalRanks(ranks, "LoRA linear"),
    make: (parts) => ({ factors: combineLinear(weightedParts(parts)), cut: null }),
  },
});
