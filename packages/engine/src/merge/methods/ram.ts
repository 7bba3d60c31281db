import { z } from "zod";
import { add, constant, div, input, max, sum } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import {
  boundedByTaskVectors,
  disjointSupportsAddUp,
  fullOverlapIsMean,
  noChangeGivesBase,
  orderIrrelevantToTheBit,
} from "../laws.ts";
import { activity, activityOf } from "./activity.ts";
import { noCoefficients } from "./parent-settings.ts";

/**
 * Keeps what only one parent changed, and averages what several did.
 *   out = base + Σᵢ aᵢ·τᵢ / max(1, Σᵢ aᵢ)      aᵢ = 1 where |τᵢ| > ε, else 0
 * Limits: made for parents that change few weights (reinforcement learning); dense task vectors are simply averaged.
 * Source: Behavior Knowledge Merge in Reinforced Agentic Models (Yuan et al. 2026), as in mergekit.
 */
export const ram = defineMethod({
  id: "ram",
  version: 1,
  title: "RAM",
  summary: "Task vectors in full where one parent is active, averaged where several are.",
  source: "https://arxiv.org/abs/2601.13572",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({ epsilon: activity() }),
  laws: [noChangeGivesBase, disjointSupportsAddUp, fullOverlapIsMean, boundedByTaskVectors, orderIrrelevantToTheBit],
  coefficients: noCoefficients,
  build({ base, parents, params }) {
    const { active, count } = activityOf(parents, params.epsilon);
    const added = sum(active.map(({ vector, only }) => only(vector)));
    return add(base ?? input(0), div(added, max(count, constant(1))));
  },
});
