import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import {
  equalInformationIsTaskArithmetic,
  equalTaskVectorsAddUp,
  inverseCountIsFisherMerging,
  loudInformationDecides,
  noChangeGivesBase,
  silentParentShrinks,
  singleMovesByLambda,
  withinMovedParents,
  zeroLambdasGiveBase,
} from "../laws.ts";
import { dfSum, lambda, params } from "./df-sum.ts";
import { informationNorms } from "./information-norms.ts";
import { noCoefficients } from "./parent-settings.ts";

/**
 * Moves every parent along its own ray from the base, and weighs entries by the Fisher information of the moved parents.
 *   out = base + M·Σᵢ Fᵢ·λᵢ·τᵢ / Σᵢ Fᵢ      Fᵢ = diagonal Fisher information of base + λᵢ·τᵢ on the task of parent i, + epsilon
 * normalise: Fᵢ / ‖Fᵢ‖ in place of Fᵢ, norm over all merged tensors, so that no parent is louder than others.
 * Statistics: one of kind fisher for each parent (frozen: it counts for every λ), or several, at ascending λ. Between two λ
 *   Fᵢ(λ) = max(Fᵢ(λ₁), 1e-30)^(1 − s) · max(Fᵢ(λ₂), 1e-30)^s, s = (λ − λ₁) / (λ₂ − λ₁)
 * and a λ outside of those measured is refused. The same information everywhere makes it task arithmetic, λᵢ = 1/M with that of the
 * parents themselves Fisher merging. A parent with λ 0 still counts below and shrinks the others. λ is to be tuned; each parent may
 * have its own for layers (a list) or kinds of tensors (cases). Tensors that the statistics do not have get base + Σᵢ λᵢ·τᵢ.
 * Limits: F is taken from f32 logarithms, right to 1e-6 for ratios up to e^15. Information of several estimators does not mix.
 * Source: Dynamic Fisher-weighted Model Merging via Bayesian Optimization (Lee et al. 2025); the interpolation is ours.
 */
export const dfMerge = defineMethod({
  id: "df_merge",
  version: 1,
  title: "DF-Merge",
  summary: "Task vectors scaled one by one, weighed entry by entry by the Fisher information of the scaled models.",
  source: "https://arxiv.org/abs/2504.18992",
  family: "statistics",
  arity: { min: 1, max: null },
  base: "required",
  statistics: { kind: "fisher", of: "parents", at: "scaled", otherwise: "are merged by task arithmetic with the same λ" },
  perParent: z.object({ lambda: lambda() }),
  accepts: ["weights"],
  output: "weights",
  params,
  laws: [
    noChangeGivesBase,
    zeroLambdasGiveBase,
    singleMovesByLambda,
    equalInformationIsTaskArithmetic,
    inverseCountIsFisherMerging,
    equalTaskVectorsAddUp,
    loudInformationDecides,
    silentParentShrinks,
    withinMovedParents,
  ],
  ofModel: ["normalise"],
  coefficients: noCoefficients,
  survey: informationNorms,
  build: (input) =>
    dfSum(
      input,
      input.parents.map(({ delta }) => delta),
    ),
});
