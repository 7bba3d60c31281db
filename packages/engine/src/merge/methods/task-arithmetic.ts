import { z } from "zod";
import { add, constant, input, mul, sub, sum } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { noChangeGivesBase, orderIrrelevant, singleAtFullLambda, zeroLambdaGivesBase } from "../laws.ts";

/**
 * Adds the scaled task vectors of the parents to the base.
 *   out = base + λ·Σᵢ wᵢ·τᵢ      τᵢ = xᵢ − base, or the parent itself when it is a task vector
 * In f32, sum in model order. A negative weight forgets a task.
 * Limits: with many parents λ must shrink; 0.3 suits eight vision tasks, choose it on a search split.
 * Source: Editing Models with Task Arithmetic (Ilharco et al. 2022).
 */
export const taskArithmetic = defineMethod({
  id: "task_arithmetic",
  version: 1,
  title: "Task arithmetic",
  summary: "Base plus the scaled sum of the parents' task vectors.",
  source: "https://arxiv.org/abs/2212.04089",
  arity: { min: 1, max: null },
  needsBase: true,
  perParent: { weight: { default: 1, description: "Factor of this parent's task vector; negative to forget" } },
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({ lambda: z.number().min(-100).max(100).default(0.3).describe("Factor of the summed task vectors") }),
  laws: [zeroLambdaGivesBase, singleAtFullLambda, noChangeGivesBase, orderIrrelevant],
  coefficients: (weights, { lambda }) => ({ base: null, parents: weights.map((w) => lambda * w) }),
  build({ base, parents, params }) {
    const start = base ?? input(0);
    const taskVectors = parents.map(({ value, space, weight }) =>
      mul(constant(weight), space === "delta" ? value : sub(value, start)),
    );
    return add(start, mul(constant(params.lambda), sum(taskVectors)));
  },
});
