import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import {
  dropsTheEnds,
  noChangeGivesBase,
  orderIrrelevantToTheBit,
  wholeDensityIs,
  zeroDensityGivesBase,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { lambda, normalize, rescaleByNorm } from "./mix-settings.ts";
import { allWeightsZero, density, gamma, noCoefficients, weight } from "./parent-settings.ts";
import { taskArithmetic } from "./task-arithmetic.ts";
import { addedTo, weightedSum } from "./task-vectors.ts";
import { withoutEnds } from "./trim.ts";

/**
 * Drops the largest and the smallest magnitudes of each task vector, tensor by tensor, and adds up the rest.
 *   out = base + λ·Σᵢ wᵢ·τ̂ᵢ      τ̂ᵢ: without the ⌊γ·n⌋ largest, and then without the smallest, so that ⌊ρ·n⌋ stay
 * Equal magnitudes at a border are taken by position. Where ⌊γ·n⌋ is 0 only the smallest are dropped; where ρ + γ > 1 fewer of the
 * largest are; density 1 keeps everything. With normalize the sum is divided by Σᵢ wᵢ.
 * Limits: defaults are those that mergekit recommends; the paper keeps about 14 %.
 * Source: Model Breadcrumbs (Davari and Belilovsky 2023).
 */
export const breadcrumbs = defineMethod({
  id: "breadcrumbs",
  version: 1,
  title: "Model Breadcrumbs",
  summary: "Sum of task vectors without their largest and smallest entries.",
  source: "https://arxiv.org/abs/2312.06795",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({ weight: weight("Factor of this parent's task vector"), density: density(0.9), gamma: gamma() }),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({ lambda: lambda(0.3), normalize: normalize(false), rescale: rescaleByNorm }),
  laws: [
    zeroLambdaGivesBase,
    noChangeGivesBase,
    zeroDensityGivesBase,
    wholeDensityIs(taskArithmetic),
    dropsTheEnds,
    orderIrrelevantToTheBit,
  ],
  check: allWeightsZero,
  coefficients: noCoefficients,
  build({ base, parents, params }) {
    const vectors = parents.map((parent) => withoutEnds(parent, params.rescale));
    return addedTo(base, params.lambda, weightedSum(vectors, params.normalize));
  },
});
