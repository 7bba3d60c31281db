import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import {
  noChangeGivesBase,
  orderIrrelevantToTheBit,
  unbiased,
  wholeDensityIs,
  zeroDensityGivesBase,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { dropEvenly } from "./drop.ts";
import { lambda, normalize, rescaleByChance } from "./mix-settings.ts";
import { allWeightsZero, density, noCoefficients, weight } from "./parent-settings.ts";
import { taskArithmetic } from "./task-arithmetic.ts";
import { addedTo, weightedSum } from "./task-vectors.ts";

/**
 * Drops random entries of each task vector, rescales the others, and adds up.
 *   out = base + λ·Σᵢ wᵢ·mᵢ⊙τᵢ/ρᵢ      mᵢ is 1 with chance ρᵢ (density), else 0, entry by entry
 * Which entries are dropped depends on the seed, the tensor's name and the parent's content alone. Rescaling by 1/ρ keeps the
 * expectation (the paper); l1 keeps Σ|τ| of each tensor (mergekit). With normalize the sum is divided by Σᵢ wᵢ.
 * Limits: fails where task vectors are large (continued pre-training); dropping up to 90 % suits small ones. The default density
 * is that of the authors' merges.
 * Source: Language Models are Super Mario (Yu et al. 2023).
 */
export const dareLinear = defineMethod({
  id: "dare_linear",
  version: 1,
  title: "DARE",
  summary: "Sum of task vectors of which random entries are dropped and the others rescaled.",
  source: "https://arxiv.org/abs/2311.03099",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({ weight: weight("Factor of this parent's task vector"), density: density(0.8) }),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({ lambda: lambda(0.3), normalize: normalize(false), rescale: rescaleByChance }),
  laws: [
    zeroLambdaGivesBase,
    noChangeGivesBase,
    zeroDensityGivesBase,
    wholeDensityIs(taskArithmetic),
    unbiased,
    orderIrrelevantToTheBit,
  ],
  check: allWeightsZero,
  coefficients: noCoefficients,
  build({ base, parents, params }) {
    const vectors = parents.map((parent) => dropEvenly(parent, params.rescale));
    return addedTo(base, params.lambda, weightedSum(vectors, params.normalize));
  },
});
