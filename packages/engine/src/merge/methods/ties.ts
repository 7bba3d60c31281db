import { z } from "zod";
import { abs, broadcast, constant, type Element, foundInModel, measured, total } from "../../expr/expr.ts";
import { type BuildInput, defineMethod } from "../define-method.ts";
import {
  agreeingParentsAverage,
  boundedByTaskVectors,
  doublingChangesNothing,
  noChangeGivesBase,
  oneParentIsTrimmed,
  orderIrrelevantToTheBit,
  zeroDensityGivesBase,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { disjoint, massOf, nonNegativeSign, signOf } from "./election.ts";
import { lambda } from "./mix-settings.ts";
import { allWeightsZero, density, noCoefficients, weight } from "./parent-settings.ts";
import { addedTo, type WeightedVector } from "./task-vectors.ts";
import { trimCount, trimmed, trimmedTo } from "./trim.ts";

const perParent = z.object({ weight: weight("Factor of this parent's task vector"), density: density(0.2) });
const params = z.object({
  lambda: lambda(1),
  trim: z
    .enum(["tensor", "model"])
    .default("tensor")
    .describe("Whether the largest entries are those of each tensor or of the model"),
  ties: z
    .enum(["first", "all"])
    .default("first")
    .describe("Of entries equal at the border, first keeps exactly as many as density says, all keeps every one"),
  elect: z
    .enum(["non-negative", "majority"])
    .default("non-negative")
    .describe("Sign where the entries add up to 0: positive, or that of most entries of the model"),
  aggregate: z
    .enum(["weighted-mean", "mean", "sum", "max"])
    .default("weighted-mean")
    .describe("How the entries of the elected sign are merged; weighted-mean divides by their weights, mean by their number"),
});

type Input = BuildInput<z.output<typeof perParent>, z.output<typeof params>>;

const name = (i: number): string => `top.${i}`;
const isPartial = (share: number): boolean => share > 0 && share < 1;

function trimmedParents({ parents, params: { trim, ties } }: Input): WeightedVector[] {
  return parents.map(({ delta, own: { weight, density } }, i) => ({
    weight,
    vector: trim === "model" && isPartial(density) ? trimmedTo(delta, foundInModel(name(i))) : trimmed(delta, density, ties),
  }));
}

function electedSign(vectors: readonly WeightedVector[], elect: "non-negative" | "majority"): Element {
  const mass = massOf(vectors);
  return elect === "majority" ? signOf(mass, broadcast(measured("majority"))) : nonNegativeSign(mass);
}

/**
 * Trims task vectors to their largest entries, elects a sign for every entry, and averages the entries that have it.
 *   τ̂ᵢ = τᵢ where |τᵢ| is among the largest ρ, else 0
 *   s = sgn(Σᵢ wᵢ·τ̂ᵢ), +1 for 0      majority: sgn(Σₚ sₚ) over the model for 0
 *   out = base + λ·Σ wᵢ·τ̂ᵢ / Σ wᵢ over the parents with sgn(wᵢ·τ̂ᵢ) = s
 * At least one entry of a tensor stays unless density is 0. The paper and its code: trim model, ties all, elect majority, aggregate
 * mean, weights 1. The defaults are those of mergekit but for the density, which is the paper's: each tensor is then merged on
 * its own, in bounded passes, and exactly as many entries stay as density says. sum with λ 0.3 is what vision code uses.
 * Limits: trim model and elect majority read the whole model first. mean and sum need different λ.
 * Source: TIES-Merging: Resolving Interference When Merging Models (Yadav et al. 2023).
 */
export const ties = defineMethod({
  id: "ties",
  version: 1,
  title: "TIES",
  summary: "Task vectors trimmed to their largest entries, averaged where they have the elected sign.",
  source: "https://arxiv.org/abs/2306.01708",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent,
  accepts: ["weights", "delta"],
  output: "weights",
  ofModel: ["trim", "elect"],
  params,
  laws: [
    zeroLambdaGivesBase,
    noChangeGivesBase,
    zeroDensityGivesBase,
    oneParentIsTrimmed,
    agreeingParentsAverage,
    boundedByTaskVectors,
    doublingChangesNothing,
    orderIrrelevantToTheBit,
  ],
  check: allWeightsZero,
  coefficients: noCoefficients,
  survey: {
    rounds: [
      ({ parents, params: { trim, ties } }) => {
        if (trim === "tensor") return {};
        const partial = parents.flatMap(({ delta, own }, i) => (isPartial(own.density) ? [{ of: abs(delta), own, i }] : []));
        const selections = partial.map(({ of, own, i }) => {
          const keep = (elements: number) => trimCount(own.density, ties, elements);
          return [name(i), { of, ties, keep }] as const;
        });
        return { selections: Object.fromEntries(selections) };
      },
      (input) => {
        if (input.params.elect === "non-negative") return {};
        return { numbers: { signs: total(signOf(massOf(trimmedParents(input)), constant(0))) } };
      },
    ],
    conclude(_round, tensors, { elect }) {
      const majority = Math.sign(tensors.reduce((acc, { numbers }) => acc + (numbers["signs"] ?? 0), 0));
      return tensors.map((): Record<string, number> => (elect === "majority" ? { majority } : {}));
    },
  },
  build(input) {
    const vectors = trimmedParents(input);
    const sign = electedSign(vectors, input.params.elect);
    return addedTo(input.base, input.params.lambda, disjoint(vectors, sign, input.params.aggregate));
  },
});
