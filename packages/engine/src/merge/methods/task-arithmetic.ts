import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import { inverseCountIsMean, noChangeGivesBase, orderIrrelevant, singleAtFullLambda, zeroLambdaGivesBase } from "../laws.ts";
import { allWeightsZero, weight } from "./parent-settings.ts";
import { addedTo, totalWeight, weightedSum } from "./task-vectors.ts";

/**
 * Adds the scaled task vectors of the parents to the base.
 *   out = base + λ·Σᵢ wᵢ·τᵢ      τᵢ = xᵢ − base, or the parent itself when it is a task vector
 * In f32, sum in model order. A negative weight forgets a task. With normalize the sum is divided by Σᵢ wᵢ.
 * Limits: with many parents λ must shrink; 0.3 suits eight vision tasks, choose it on a search split.
 * Source: Editing Models with Task Arithmetic (Ilharco et al. 2022).
 */
export const taskArithmetic = defineMethod({
  id: "task_arithmetic",
  version: 1,
  title: "Task arithmetic",
  summary: "Base plus the scaled sum of the parents' task vectors.",
  source: "https://arxiv.org/abs/2212.04089",
  family: "task vectors",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({ weight: weight("Factor of this parent's task vector; negative to forget") }),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({
    lambda: z.number().min(-100).max(100).default(0.3).describe("Factor of the summed task vectors"),
    normalize: z.boolean().default(false).describe("Divide by the sum of the weights"),
  }),
  laws: [zeroLambdaGivesBase, singleAtFullLambda, noChangeGivesBase, inverseCountIsMean, orderIrrelevant],
  check: allWeightsZero,
  coefficients(parents, { lambda, normalize }) {
    const divisor = normalize ? totalWeight(parents) : 1;
    return { base: null, parents: parents.map(({ weight }) => (lambda * weight) / divisor) };
  },
  build({ base, parents, params }) {
    const vectors = parents.map(({ delta, own }) => ({ vector: delta, weight: own.weight }));
    return addedTo(base, params.lambda, weightedSum(vectors, params.normalize));
  },
});
