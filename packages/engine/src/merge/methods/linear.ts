import { z } from "zod";
import { constant, div, mul, sum } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { fault } from "../fault.ts";
import { boundedByParents, idempotent, orderIrrelevant, single } from "../laws.ts";
import { allWeightsZero, type Weighted, weight } from "./parent-settings.ts";

/** Sum of the weights as the merge computes it: in f32, in model order. */
const total = (parents: readonly Weighted[]): number =>
  parents.reduce((acc, { weight }) => Math.fround(acc + Math.fround(weight)), 0);

/**
 * Weighted average of parameters, tensor by tensor.
 *   out = (Σᵢ wᵢ·xᵢ) / Σᵢ wᵢ      without normalize: out = Σᵢ wᵢ·xᵢ
 * Products, sum in model order and the one division at the end are f32; the result is rounded once to the output type.
 * Limits: averages are meaningful only between models that share their initialisation.
 * Source: model soups (Wortsman et al. 2022), where all weights are equal.
 */
export const linear = defineMethod({
  id: "linear",
  version: 1,
  title: "Linear",
  summary: "Weighted average of the parents' parameters.",
  source: "https://arxiv.org/abs/2203.05482",
  family: "average",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({ weight: weight("Share of this parent") }),
  accepts: ["weights"],
  output: "weights",
  params: z.object({ normalize: z.boolean().default(true).describe("Divide by the sum of the weights") }),
  laws: [idempotent, single, orderIrrelevant, boundedByParents],
  check(parents, { normalize }) {
    if (!normalize || total(parents) !== 0) return allWeightsZero(parents);
    return [
      fault("WEIGHTS_SUM_ZERO", "The weights add up to 0, so their average is undefined; set parameters.normalize to false.", [
        "parents",
      ]),
    ];
  },
  coefficients(parents, { normalize }) {
    const divisor = normalize ? total(parents) : 1;
    return { base: null, parents: parents.map(({ weight }) => weight / divisor) };
  },
  build({ parents, params }) {
    const weighted = sum(parents.map(({ value, own }) => mul(constant(own.weight), value)));
    return params.normalize ? div(weighted, constant(total(parents.map(({ own }) => own)))) : weighted;
  },
});
