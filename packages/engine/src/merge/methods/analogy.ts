import { z } from "zod";
import { add, input, sub } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { analogyOfItself, noChangeGivesBase, swappingBAndCChangesNothing, zeroLambdaGivesBase } from "../laws.ts";
import { lambda } from "./mix-settings.ts";
import { addedTo } from "./task-vectors.ts";

/**
 * A is to B as C is to the result, of which no data need exist.
 *   out = base + λ·(τ_C + τ_B − τ_A)      parents in the order C, B, A
 * Limits: holds as far as what separates A from B does not depend on what separates A from C. Choose λ on related data.
 * Source: Editing Models with Task Arithmetic (Ilharco et al. 2022), section 5.
 */
export const analogy = defineMethod({
  id: "analogy",
  version: 1,
  title: "Task analogy",
  summary: "A is to B as C is to the result: base plus task vectors C + B − A.",
  source: "https://arxiv.org/abs/2212.04089",
  family: "task vectors",
  arity: { min: 3, max: 3 },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({ lambda: lambda(1) }),
  laws: [zeroLambdaGivesBase, noChangeGivesBase, analogyOfItself, swappingBAndCChangesNothing],
  coefficients: (_parents, params) => ({ base: null, parents: [params.lambda, params.lambda, -params.lambda] }),
  build({ base, parents, params }) {
    const [c = input(1), b = input(2), a = input(3)] = parents.map(({ delta }) => delta);
    return addedTo(base, params.lambda, sub(add(c, b), a));
  },
});
