import { z } from "zod";
import { extractAdapter } from "../adapters/extract-adapter.ts";
import { defineMethod } from "../define-method.ts";
import { extractedFullRankIsExact, noChangeIsNoAdapter } from "../laws.ts";
import { rankUpTo } from "./rank-settings.ts";

/**
 * Takes a LoRA adapter out of a fine-tuned model: of each linear weight the best approximation of a rank of its change.
 *   W − W_base ≈ U·diag(s)·Vᵀ      B = U·diag(√s)      A = diag(√s)·Vᵀ      scale 1
 * With energy below 1 the smallest rank that holds this share of ‖W − W_base‖², at most rank. Differences and decompositions in f64. What
 * each module leaves out, and what of the change lies in other tensors (embeddings, norms, biases), stands in the notes and
 * amalgam.json. A matrix named ….weight that is no embedding counts as linear; one that did not change gets no module.
 * Limits: an adapter of this kind holds linear weights only, so a model with a changed embedding is not restored by it.
 * Source: extraction by truncated SVD as in mergekit's extract-lora.
 */
export const loraExtract = defineMethod({
  id: "lora_extract",
  version: 1,
  title: "LoRA extraction",
  summary: "An adapter out of a fine-tuned model: what a rank can hold of its change.",
  source: "https://github.com/arcee-ai/mergekit",
  family: "adapters",
  arity: { min: 1, max: 1 },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "adapter",
  params: z.object({
    rank: rankUpTo.default(32).describe("Rank of every module, or the largest with energy"),
    energy: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("Share of the squared change that is enough for a module, if less than rank holds it"),
  }),
  laws: [extractedFullRankIsExact, noChangeIsNoAdapter],
  coefficients: () => ({ base: -1, parents: [1] }),
  adapters: {
    kind: "extract",
    rank: ({ rows, columns }, { rank }) => Math.min(rank, rows, columns),
    make({ model, base, rows, columns }, { rank, energy: share }) {
      const { factors, energy, tailEnergy } = extractAdapter(model, base, { rows, columns, rank, energy: share });
      return { factors, cut: { energy, tailEnergy } };
    },
  },
});
