import { z } from "zod";
import { broadcast, constant, div, type Element, lessThan, max, mul, select, sum } from "../../expr/expr.ts";
import { type BuildInput, defineMethod } from "../define-method.ts";
import {
  boundedByParents,
  equalInformationAverages,
  idempotent,
  muchInformationDecides,
  noInformationAverages,
  scaleOfInformationIsIrrelevant,
  single,
} from "../laws.ts";
import { averageOf, informationOf } from "./information.ts";
import { informationNorms, overNorm } from "./information-norms.ts";
import { allWeightsZero, noCoefficients, share } from "./parent-settings.ts";

const perParent = z.object({ weight: share("How much this parent counts, beside its Fisher information") });
const params = z.object({
  normalise: z
    .boolean()
    .default(true)
    .describe("Divide each parent's information by its norm over all merged tensors, so that only its direction counts"),
  floor: z.number().min(0).max(1e6).default(1e-6).describe("Information is at least this"),
  favourTarget: z
    .boolean()
    .default(true)
    .describe("Only the first parent has the floor: what no other knows anything of stays as the first has it"),
});

type Input = BuildInput<z.output<typeof perParent>, z.output<typeof params>>;

const zero = constant(0);

/** cᵢ·Fᵢ of every parent; null where the statistics do not have the tensor. */
function weightsOf({ parents, params: { normalise, floor, favourTarget } }: Input): Element[] | null {
  const weights = parents.flatMap(({ statistic, own: { weight } }, i): Element[] => {
    if (statistic === undefined) return [];
    const information = informationOf(statistic);
    const least = i === 0 || !favourTarget ? floor : 0;
    const scale = normalise ? broadcast(overNorm(i, weight)) : constant(weight);
    return [mul(scale, max(information, constant(least)))];
  });
  return weights.length === parents.length ? weights : null;
}

/**
 * Fisher-weighted average: the mode of the product of Gaussian posteriors with the diagonal Fisher information as precision.
 *   out = Σᵢ cᵢ·Fᵢ·xᵢ / Σᵢ cᵢ·Fᵢ      cᵢ = wᵢ / ‖Fᵢ‖, norm over all merged tensors; without normalise: cᵢ = wᵢ
 *   Fᵢ ← max(Fᵢ, floor), of the first parent alone where favourTarget
 * Statistics: one of kind fisher for each parent, of the parent itself. Where nobody has any information, and for tensors that the
 * statistics do not have, the result is the average by weight.
 * Limits: normalise reads everything once more before. The first parent is special unless favourTarget is false.
 * Source: Merging Models with Fisher-Weighted Averaging (Matena & Raffel 2021), as in the authors' code.
 */
export const fisher = defineMethod({
  id: "fisher",
  version: 1,
  title: "Fisher merging",
  summary: "Average of the parents, each entry weighed by how much the parent's task depends on it.",
  source: "https://arxiv.org/abs/2111.09832",
  family: "statistics",
  arity: { min: 1, max: null },
  base: "none",
  statistics: { kind: "fisher", of: "parents", at: "model", otherwise: "are averaged by weight" },
  perParent,
  accepts: ["weights"],
  output: "weights",
  ofModel: ["normalise"],
  params,
  laws: [
    idempotent,
    single,
    boundedByParents,
    equalInformationAverages,
    muchInformationDecides,
    noInformationAverages,
    scaleOfInformationIsIrrelevant,
  ],
  check: allWeightsZero,
  coefficients: noCoefficients,
  survey: informationNorms,
  build(input) {
    const average = averageOf(input.parents.map(({ value, own: { weight } }) => ({ value, weight })));
    const weights = weightsOf(input);
    if (weights === null) return average;
    const below = sum(weights);
    const isKnown = lessThan(zero, below);
    const divisor = select(isKnown, below, constant(1));
    const shares = weights.map((weight) => div(weight, divisor));
    return select(isKnown, sum(input.parents.map(({ value }, i) => mul(shares[i] ?? zero, value))), average);
  },
});
