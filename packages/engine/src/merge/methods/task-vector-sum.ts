import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import { addsUp, oppositeWeightsCancel, orderIrrelevant, scalesWithWeights } from "../laws.ts";
import { allWeightsZero, weight } from "./parent-settings.ts";
import { weightedSum } from "./task-vectors.ts";

/**
 * Task-vector algebra: adds, subtracts, scales and negates task vectors.
 *   τ = Σᵢ wᵢ·τᵢ      w = 1: sum; 1 and −1: difference; one parent: scaled, or negated by −1
 * In f32, sum in model order; the result is a task vector again.
 * Limits: all task vectors must belong to the same base; the sum does not check that.
 * Source: Editing Models with Task Arithmetic (Ilharco et al. 2022), section 2.
 */
export const taskVectorSum = defineMethod({
  id: "task_vector_sum",
  version: 1,
  title: "Sum of task vectors",
  summary: "Weighted sum of task vectors, which is a task vector again.",
  source: "https://arxiv.org/abs/2212.04089",
  family: "task vectors",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({ weight: weight("Factor of this task vector; -1 subtracts it") }),
  accepts: ["delta"],
  output: "delta",
  params: z.object({}),
  laws: [addsUp, oppositeWeightsCancel, scalesWithWeights, orderIrrelevant],
  check: allWeightsZero,
  coefficients: (parents) => ({ base: null, parents: parents.map(({ weight }) => weight) }),
  build({ parents }) {
    const vectors = parents.map(({ delta, own }) => ({ vector: delta, weight: own.weight }));
    return weightedSum(vectors, false);
  },
});
