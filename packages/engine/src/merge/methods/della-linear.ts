import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import {
  keepsTheShare,
  noChangeGivesBase,
  orderIrrelevantToTheBit,
  unbiased,
  wholeDensityIs,
  zeroDensityGivesBase,
  zeroEpsilonIs,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { dareLinear } from "./dare-linear.ts";
import { dropByRank } from "./drop.ts";
import { lambda, normalize, rescaleByChance } from "./mix-settings.ts";
import { allWeightsZero, density, epsilon, epsilonsFit, noCoefficients, weight } from "./parent-settings.ts";
import { taskArithmetic } from "./task-arithmetic.ts";
import { addedTo, weightedSum } from "./task-vectors.ts";

/**
 * Drops random entries of each task vector, small ones more often than large ones, rescales the others, and adds up.
 *   pᵢ = ρᵢ − εᵢ + 2εᵢ·rank/(columns − 1)      rank of |τᵢ| in its row, from 0; a row of one entry has pᵢ = ρᵢ
 *   out = base + λ·Σᵢ wᵢ·mᵢ⊙τᵢ/pᵢ              mᵢ is 1 with chance pᵢ, else 0, entry by entry
 * Dividing each entry by its own chance keeps the expectation (the paper); l1 keeps Σ|τ| of each tensor (mergekit). With normalize
 * the sum is divided by Σᵢ wᵢ.
 * Limits: every chance lies strictly between 0 and 1, so 0 < ρ − ε and ρ + ε < 1 unless ρ is 0 or 1.
 * Source: DELLA-Merging (Deep et al. 2024).
 */
export const dellaLinear = defineMethod({
  id: "della_linear",
  version: 1,
  title: "DELLA without election",
  summary: "Sum of task vectors of which random entries are dropped, small ones more often.",
  source: "https://arxiv.org/abs/2406.11617",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({ weight: weight("Factor of this parent's task vector"), density: density(0.5), epsilon: epsilon() }),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({ lambda: lambda(0.3), normalize: normalize(false), rescale: rescaleByChance }),
  laws: [
    zeroLambdaGivesBase,
    noChangeGivesBase,
    zeroDensityGivesBase,
    wholeDensityIs(taskArithmetic),
    zeroEpsilonIs(dareLinear),
    keepsTheShare,
    unbiased,
    orderIrrelevantToTheBit,
  ],
  check: (parents) => [...allWeightsZero(parents), ...epsilonsFit(parents)],
  coefficients: noCoefficients,
  build({ base, parents, params }) {
    const vectors = parents.map((parent) => dropByRank(parent, params.rescale));
    return addedTo(base, params.lambda, weightedSum(vectors, params.normalize));
  },
});
