import { z } from "zod";
import { add, constant, div, type Element, lessThan, mul, select, sum } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import {
  equalCurvaturesAverage,
  hugeBaseCurvatureIsTaskArithmetic,
  noChangeGivesBase,
  noCurvatureIsTaskArithmetic,
  singleAtFullAlpha,
  weighedByCurvature,
  zeroAlphaGivesBase,
} from "../laws.ts";
import { informationOf, notNegative } from "./information.ts";
import { noCoefficients } from "./parent-settings.ts";

const examples = (of: string) =>
  z.number().min(0).max(1e15).default(1).describe(`Size of the data that ${of} was trained on: curvature counts as many times`);

const zero = constant(0);

/**
 * Task arithmetic that is corrected by the curvature of base and tasks.
 *   out = base + α·Σᵢ (δ + s₀·H₀ + sᵢ·Hᵢ)·τᵢ / (δ + s₀·H₀ + α·Σⱼ sⱼ·Hⱼ)
 * H: mean squared gradient of one example, s: examples, δ: prior. Statistics: one of kind fisher for each parent and one for the base
 * (baseStatistics), on its own data; the authors take sampled ones. Only ratios of s matter where the prior is small. Tensors that
 * the statistics do not have get base + α/M·Σᵢ τᵢ, the average at α 1. A negative α takes tasks out.
 * Limits: a negative α whose tasks have more curvature than the base somewhere is refused as too large.
 * Source: Model Merging by Uncertainty-Based Gradient Matching (Daheim et al. 2023).
 */
export const ugm = defineMethod({
  id: "ugm",
  version: 1,
  title: "UGM",
  summary: "Task vectors weighed by the curvature of their task and the base together: gradient matching by uncertainty.",
  source: "https://arxiv.org/abs/2310.12808",
  family: "statistics",
  arity: { min: 1, max: null },
  base: "required",
  statistics: { kind: "fisher", of: "parents+base", at: "model", otherwise: "get the mean task vector times alpha" },
  perParent: z.object({ examples: examples("this parent") }),
  accepts: ["weights"],
  output: "weights",
  params: z.object({
    alpha: z.number().min(-100).max(100).default(1).describe("Scale of the whole"),
    prior: z.number().min(0).max(1e6).default(1e-12).describe("Curvature that every entry has at least"),
    baseExamples: examples("the base"),
  }),
  laws: [
    noChangeGivesBase,
    zeroAlphaGivesBase,
    singleAtFullAlpha,
    weighedByCurvature,
    equalCurvaturesAverage,
    hugeBaseCurvatureIsTaskArithmetic,
    noCurvatureIsTaskArithmetic,
  ],
  coefficients: noCoefficients,
  build({ base, baseStatistic, parents, params: { alpha, prior, baseExamples } }) {
    const start = base ?? zero;
    const scaled = (factor: number) => sum(parents.map(({ delta }) => mul(constant(factor), delta)));
    const curvatures = parents.flatMap(({ statistic, own }): Element[] =>
      statistic === undefined ? [] : [mul(constant(own.examples), informationOf(statistic))],
    );
    if (baseStatistic === undefined || curvatures.length < parents.length) return add(start, scaled(alpha / parents.length));
    const common = add(constant(prior), mul(constant(baseExamples), notNegative(baseStatistic)));
    const below = add(common, mul(constant(alpha), sum(curvatures)));
    const isKnown = lessThan(zero, below);
    // Below 0 only where alpha is: infinity is what the run refuses.
    const divisor = alpha < 0 ? select(isKnown, below, zero) : select(isKnown, below, constant(1));
    const terms = parents.map(({ delta }, i) => {
      const share = div(add(common, curvatures[i] ?? zero), divisor);
      return mul(constant(alpha), mul(share, delta));
    });
    return add(start, alpha < 0 ? sum(terms) : select(isKnown, sum(terms), scaled(alpha)));
  },
});
