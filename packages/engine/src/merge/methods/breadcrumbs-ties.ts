import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import {
  noChangeGivesBase,
  orderIrrelevantToTheBit,
  wholeDensityIs,
  withoutGammaIs,
  zeroDensityGivesBase,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { elected } from "./election.ts";
import { lambda, normalize, rescaleByNorm } from "./mix-settings.ts";
import { allWeightsZero, density, gamma, noCoefficients, weight } from "./parent-settings.ts";
import { addedTo } from "./task-vectors.ts";
import { ties } from "./ties.ts";
import { withoutEnds } from "./trim.ts";

/**
 * Drops the largest and the smallest magnitudes of each task vector, tensor by tensor, then merges those that have the elected sign.
 *   τ̂ᵢ: without the ⌊γ·n⌋ largest, and then without the smallest, so that ⌊ρ·n⌋ stay
 *   out = base + λ·Σ wᵢ·τ̂ᵢ over the parents with sgn(wᵢ·τ̂ᵢ) = s      s = 1 where Σᵢ wᵢ·τ̂ᵢ ≥ 0, else −1
 * With normalize the sum is divided by the weights of the parents in it.
 * Limits: as Model Breadcrumbs.
 * Source: Model Breadcrumbs (Davari and Belilovsky 2023), with the election of mergekit.
 */
export const breadcrumbsTies = defineMethod({
  id: "breadcrumbs_ties",
  version: 1,
  title: "Breadcrumbs with TIES",
  summary: "Task vectors without their largest and smallest entries, merged where they have the elected sign.",
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
    wholeDensityIs(ties, { aggregate: "sum" }),
    withoutGammaIs(ties, { aggregate: "sum" }),
    orderIrrelevantToTheBit,
  ],
  check: allWeightsZero,
  coefficients: noCoefficients,
  build({ base, parents, params }) {
    const vectors = parents.map((parent) => withoutEnds(parent, params.rescale));
    return addedTo(base, params.lambda, elected(vectors, params.normalize));
  },
});
