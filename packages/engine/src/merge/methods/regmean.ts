import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import { diagonalGramsWeighColumns, equalGramsAverage, idempotent, noInputsAverage, objectiveIsLeast, single } from "../laws.ts";
import { costOfLayers } from "../regmean/cost.ts";
import { averageOf } from "./information.ts";
import { allWeightsZero, noCoefficients, share } from "./parent-settings.ts";

/**
 * Solves every linear layer for the weight that reproduces all parents' outputs on their own inputs best in the mean square.
 *   Wᵀ = (Σᵢ cᵢ·G̃ᵢ + ρ·I)⁻¹ · (Σᵢ cᵢ·G̃ᵢ·Wᵢᵀ + ρ·W̄ᵀ)      G̃ = G on the diagonal, a·G off it, G = mean of x·xᵀ
 *   ρ = ridge · tr(Σ cᵢ·G̃ᵢ) / inputs      W̄ = Σ cᵢ·Wᵢ / Σ cᵢ
 * Statistics: one of kind gram for each parent. Convolutions are solved on what their filter sees, GPT-2's transposed matrices as they
 * lie. Embedding tables: shares weighs each row by how often each parent reads it, the same formula on one-hot inputs, which is ours;
 * average is what the authors do. All other tensors are averaged by weight. In f64 by Cholesky; the ridge pulls towards the average,
 * which inputs that nobody has seen keep; where the sum is not positive definite in f64, it is raised a hundredfold until it is.
 * Limits: whole matrices in memory; inputs³/3 operations a layer, and what the solution takes.
 * Source: Dataless Knowledge Fusion by Merging Weights of Language Models (Jin et al. 2022).
 */
export const regmean = defineMethod({
  id: "regmean",
  version: 1,
  title: "RegMean",
  summary: "Every linear layer solved for the weight that keeps the parents' outputs on their own inputs.",
  source: "https://arxiv.org/abs/2212.09849",
  family: "statistics",
  arity: { min: 1, max: null },
  base: "none",
  statistics: { kind: "gram", of: "parents", at: "model", otherwise: "are averaged by weight" },
  perParent: z.object({ weight: share("How much this parent counts") }),
  accepts: ["weights"],
  output: "weights",
  params: z.object({
    offDiagonal: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe("Factor of the Gram matrices off the diagonal; below 1 they are well conditioned, 0 weighs inputs one by one"),
    ridge: z.number().min(0).max(1e3).default(1e-6).describe("Pull towards the average, as a share of the mean of the diagonal"),
    tables: z
      .enum(["shares", "average"])
      .default("shares")
      .describe("Embedding tables: weighed row by row by how often they are read, or averaged"),
  }),
  laws: [idempotent, single, equalGramsAverage, noInputsAverage, diagonalGramsWeighColumns, objectiveIsLeast],
  check: allWeightsZero,
  coefficients: noCoefficients,
  prepare: { computation: "regmean", state: null, cost: costOfLayers, conclude: () => ({}) },
  build: ({ parents, prepared }) => prepared ?? averageOf(parents.map(({ value, own: { weight } }) => ({ value, weight }))),
});
