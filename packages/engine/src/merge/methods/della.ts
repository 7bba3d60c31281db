import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import {
  noChangeGivesBase,
  orderIrrelevantToTheBit,
  wholeDensityIs,
  zeroDensityGivesBase,
  zeroEpsilonIs,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { dareTies } from "./dare-ties.ts";
import { dropByRank } from "./drop.ts";
import { elected } from "./election.ts";
import { lambda, normalize, rescaleByChance } from "./mix-settings.ts";
import { allWeightsZero, density, epsilon, epsilonsFit, noCoefficients, weight } from "./parent-settings.ts";
import { addedTo } from "./task-vectors.ts";
import { ties } from "./ties.ts";

/**
 * Drops random entries of each task vector, small ones more often than large ones, then merges those that have the elected sign.
 *   pᵢ = ρᵢ − εᵢ + 2εᵢ·rank/(columns − 1)      τ̂ᵢ = mᵢ⊙τᵢ/pᵢ, mᵢ is 1 with chance pᵢ; rank of |τᵢ| in its row, from 0
 *   out = base + λ·Σ wᵢ·τ̂ᵢ / Σ wᵢ over the parents with sgn(wᵢ·τ̂ᵢ) = s      s = 1 where Σᵢ wᵢ·τ̂ᵢ ≥ 0, else −1
 * Without normalize the sum is not divided. l1 rescales each tensor to its Σ|τ| as mergekit does, instead of each entry by its chance.
 * Limits: every chance lies strictly between 0 and 1, so 0 < ρ − ε and ρ + ε < 1 unless ρ is 0 or 1.
 * Source: DELLA-Merging (Deep et al. 2024), with the election of mergekit.
 */
export const della = defineMethod({
  id: "della",
  version: 1,
  title: "DELLA",
  summary: "Task vectors with random entries dropped, small ones more often, merged where they have the elected sign.",
  source: "https://arxiv.org/abs/2406.11617",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({ weight: weight("Factor of this parent's task vector"), density: density(0.5), epsilon: epsilon() }),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({ lambda: lambda(1), normalize: normalize(true), rescale: rescaleByChance }),
  laws: [
    zeroLambdaGivesBase,
    noChangeGivesBase,
    zeroDensityGivesBase,
    wholeDensityIs(ties, { aggregate: "weighted-mean" }),
    zeroEpsilonIs(dareTies),
    orderIrrelevantToTheBit,
  ],
  check: (parents) => [...allWeightsZero(parents), ...epsilonsFit(parents)],
  coefficients: noCoefficients,
  build({ base, parents, params }) {
    const vectors = parents.map((parent) => dropByRank(parent, params.rescale));
    return addedTo(base, params.lambda, elected(vectors, params.normalize));
  },
});
