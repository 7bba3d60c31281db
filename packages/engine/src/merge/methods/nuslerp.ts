import { z } from "zod";
import { add, broadcast, input, mul, type Numeric, number, numeric } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { equalWeightsKeepNorm, idempotent, rowsAreIndependent, weightsMirrored, zeroWeightGivesOther } from "../laws.ts";
import { cosineOf, gramOf } from "./cosines.ts";
import { allWeightsZero, share } from "./parent-settings.ts";

const { acos, div, ifLess, sin } = numeric;

/** Share of the second parent. */
function shareOf([first = 0, second = 0]: readonly number[]): number {
  return first + second < 1e-6 ? 0.5 : second / (first + second);
}

/**
 * Spherical interpolation of two models, or of their task vectors when there is a base: each tensor, or each of its rows, one vector.
 *   out = sin((1−t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b      cos Ω = a·b / (|a|·|b|), t = w₂/(w₁+w₂), or ½ when w₁+w₂ < 1e-6
 * With a base a and b are task vectors, and the base is added. A vector of zeros counts as at a right angle to every other.
 * Limits: where |sin Ω| < 1e-8 the two are blended linearly; close to opposite vectors the circle is ill-conditioned.
 * Source: NuSLERP of mergekit (Goddard et al. 2024), after Shoemake 1985.
 */
export const nuslerp = defineMethod({
  id: "nuslerp",
  version: 1,
  title: "NuSLERP",
  summary: "Weighted spherical interpolation of two models or their task vectors, by tensor or by row.",
  source: "https://arxiv.org/abs/2403.13257",
  family: "sphere",
  arity: { min: 2, max: 2 },
  base: "optional",
  perParent: z.object({ weight: share("Share of this parent") }),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({
    granularity: z.enum(["tensor", "row"]).default("tensor").describe("What counts as one vector: a whole tensor or each row"),
  }),
  laws: [idempotent, zeroWeightGivesOther, weightsMirrored, equalWeightsKeepNorm, rowsAreIndependent],
  check: allWeightsZero,
  coefficients(parents) {
    const t = shareOf(parents.map(({ weight }) => weight));
    return { base: null, parents: [1 - t, t] };
  },
  build({ base, parents, params }) {
    const t = shareOf(parents.map(({ own }) => own.weight));
    const [a = input(0), b = input(1)] = parents.map(({ value, delta }) => (base === null ? value : delta));
    const omega = acos(cosineOf(gramOf([a, b], params.granularity), 0, 1, 1e-100));
    const sine = sin(omega);
    const onCircle = (share: number): Numeric => div(sin(numeric.mul(number(share), omega)), sine);
    const blend = (share: number) => broadcast(ifLess(sine, number(1e-8), number(share), onCircle(share)));
    const turned = add(mul(blend(1 - t), a), mul(blend(t), b));
    return base === null ? turned : add(base, turned);
  },
});
