import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import {
  noChangeGivesBase,
  orderIrrelevantToTheBit,
  wholeDensityIs,
  zeroDensityGivesBase,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { dropEvenly } from "./drop.ts";
import { elected } from "./election.ts";
import { lambda, normalize, rescaleByChance } from "./mix-settings.ts";
import { allWeightsZero, density, noCoefficients, weight } from "./parent-settings.ts";
import { addedTo } from "./task-vectors.ts";
import { ties } from "./ties.ts";

/**
 * Drops random entries of each task vector as DARE does, then merges those entries that have the elected sign as TIES does.
 *   τ̂ᵢ = mᵢ⊙τᵢ/ρᵢ      s = 1 where Σᵢ wᵢ·τ̂ᵢ ≥ 0, else −1
 *   out = base + λ·Σ wᵢ·τ̂ᵢ over the parents with sgn(wᵢ·τ̂ᵢ) = s
 * With normalize the sum is divided by the weights of the parents in it.
 * Limits: as DARE; the election sees only what was not dropped.
 * Source: Language Models are Super Mario (Yu et al. 2023), with the election of mergekit.
 */
export const dareTies = defineMethod({
  id: "dare_ties",
  version: 1,
  title: "DARE with TIES",
  summary: "Task vectors with random entries dropped, merged where they have the elected sign.",
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
    wholeDensityIs(ties, { aggregate: "sum" }),
    orderIrrelevantToTheBit,
  ],
  check: allWeightsZero,
  coefficients: noCoefficients,
  build({ base, parents, params }) {
    const vectors = parents.map((parent) => dropEvenly(parent, params.rescale));
    return addedTo(base, params.lambda, elected(vectors, params.normalize));
  },
});
