import { z } from "zod";
import { abs, constant, type Element, largest, number, numeric, size } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { noChangeGivesBase, trimmedFirst, wholeDensityIs, zeroDensityGivesBase, zeroLambdasGiveBase } from "../laws.ts";
import { dfMerge } from "./df-merge.ts";
import { dfSum, lambda, params } from "./df-sum.ts";
import { informationNorms } from "./information-norms.ts";
import { density, noCoefficients } from "./parent-settings.ts";
import { trimmedTo } from "./trim.ts";

/**
 * DF-Merge on trimmed task vectors. Ours: no paper has it.
 *   τ̂ᵢ = τᵢ where |τᵢ| is among the ⌊ρ·n + ½⌋ largest of its tensor, the first of equals, else 0
 *   out = base + M·Σᵢ Fᵢ·λᵢ·τ̂ᵢ / Σᵢ Fᵢ      Fᵢ = diagonal Fisher information of base + λᵢ·τ̂ᵢ on the task of parent i, + epsilon
 * Statistics as for DF-Merge, best of models that were trimmed with the same density, as amalgam df-merge keeps them; others are an
 * approximation, and noted. Tensors that the statistics do not have get base + Σᵢ λᵢ·τ̂ᵢ.
 * Limits: what the largest entries are is decided tensor by tensor, so every tensor is read twice.
 * Source: DF-Merge (Lee et al. 2025), TIES (Yadav et al. 2023) for the trimming; together they are ours.
 */
export const trimmedDfMerge = defineMethod({
  id: "trimmed_df_merge",
  version: 1,
  title: "Trimmed DF-Merge (ours)",
  summary: "DF-Merge after the small entries of every task vector are dropped; our own extension.",
  source: "https://arxiv.org/abs/2504.18992",
  family: "statistics",
  arity: { min: 1, max: null },
  base: "required",
  statistics: { kind: "fisher", of: "parents", at: "scaled", otherwise: "are merged by task arithmetic with the same λ" },
  perParent: z.object({ lambda: lambda(), density: density(0.2) }),
  accepts: ["weights"],
  output: "weights",
  params,
  laws: [noChangeGivesBase, zeroLambdasGiveBase, zeroDensityGivesBase, wholeDensityIs(dfMerge), trimmedFirst],
  ofModel: ["normalise"],
  coefficients: noCoefficients,
  survey: informationNorms,
  build: (input) =>
    dfSum(
      input,
      input.parents.map(({ delta, own: { density } }) => nearestTrimmed(delta, density)),
    ),
});

/** Rounds to the nearest number of entries, as the benchmark that tried this first did. */
function nearestTrimmed(delta: Element, density: number): Element {
  if (density >= 1) return delta;
  const { add, floor, mul } = numeric;
  const count = floor(add(mul(number(density), size("elements")), number(0.5)));
  return density <= 0 ? constant(0) : trimmedTo(delta, largest(abs(delta), count));
}
