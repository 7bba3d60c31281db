import { z } from "zod";
import { add, broadcast, input, mul, type Numeric, number, numeric } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import {
  betweenBaseAndMean,
  equalParentsStay,
  noChangeGivesBase,
  orderIrrelevant,
  orthogonalGivesBase,
  rowsAreIndependent,
} from "../laws.ts";
import { cosineOf, gramOf, pairsOf, sumOf } from "./cosines.ts";
import { noCoefficients } from "./parent-settings.ts";
import { weightedSum } from "./task-vectors.ts";

const { acos, div, ifLess, max, sin, sub } = numeric;
const times = numeric.mul;

/** Least product of two norms: task vectors below it count as at a right angle. */
const leastNorms = 1e-6;

const meanOf = (values: readonly Numeric[]): Numeric => div(sumOf(values), number(values.length));

/** cos θ for 0 ≤ θ ≤ π */
const cosine = (theta: Numeric): Numeric =>
  ifLess(theta, number(Math.PI / 2), sin(sub(number(Math.PI / 2), theta)), sub(number(0), sin(sub(theta, number(Math.PI / 2)))));

/**
 * Goes from the base towards the mean of fine-tunes of one task, as far as the angles between their task vectors tell.
 *   out = base + t·(1/M)·Σᵢ τᵢ      t = M·c / (1 + (M−1)·c), c: mean of cos(τᵢ, τⱼ) over pairs i < j
 * Each tensor, or each row, has a t of its own. average angle: c is the cosine of the mean angle. |τᵢ|·|τⱼ| counts as at least 1e-6.
 * Limits: meant for fine-tunes of the same task. Below c = 0 the formula leaves the segment and has a pole at −1/(M−1); clamp
 * takes c as 0 there, which gives the base. Without clamp t is 0 where 1 + (M−1)·c < 1e-6.
 * Source: Model Stock: All we need is just a few fine-tuned models (Jang et al. 2024), formula as in mergekit.
 */
export const modelStock = defineMethod({
  id: "model_stock",
  version: 1,
  title: "Model Stock",
  summary: "From the base towards the mean of its fine-tunes, by the angle between them.",
  source: "https://arxiv.org/abs/2403.19522",
  family: "average",
  arity: { min: 2, max: null },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({
    granularity: z.enum(["tensor", "row"]).default("tensor").describe("What has an angle of its own: a whole tensor or each row"),
    clamp: z.boolean().default(true).describe("Count a cosine below 0 as 0"),
    average: z.enum(["cosine", "angle"]).default("cosine").describe("What is averaged over the pairs of parents"),
  }),
  laws: [noChangeGivesBase, equalParentsStay, orthogonalGivesBase, betweenBaseAndMean, rowsAreIndependent, orderIrrelevant],
  coefficients: noCoefficients,
  build({ base, parents, params: { granularity, clamp, average } }) {
    const count = parents.length;
    const gram = gramOf(
      parents.map(({ delta }) => delta),
      granularity,
    );
    const cosines = pairsOf(count).map(([i, j]) => cosineOf(gram, i, j, leastNorms));
    const mean = average === "cosine" ? meanOf(cosines) : cosine(meanOf(cosines.map(acos)));
    const c = clamp ? max(number(0), mean) : mean;
    const divisor = numeric.add(number(1), times(number(count - 1), c));
    const t = ifLess(divisor, number(1e-6), number(0), div(times(number(count), c), divisor));
    const middle = weightedSum(
      parents.map(({ delta }) => ({ vector: delta, weight: 1 })),
      true,
    );
    return add(base ?? input(0), mul(broadcast(t), middle));
  },
});
