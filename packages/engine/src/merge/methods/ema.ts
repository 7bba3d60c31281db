import { z } from "zod";
import { add, constant, type Element, input, mul } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { boundedByParents, fullDecayIsFirst, idempotent, noDecayIsLast, single, twoAreBlended } from "../laws.ts";

/**
 * Exponential moving average over the checkpoints of one run, in the order of training.
 *   m = x₁, then m ← d·m + (1−d)·xᵢ for every next parent
 * In f32, step by step.
 * Limits: the first parent keeps the weight d^(M−1), so few parents need a small d.
 * Source: Acceleration of Stochastic Approximation by Averaging (Polyak and Juditsky 1992), in its exponential form.
 */
export const ema = defineMethod({
  id: "ema",
  version: 1,
  title: "EMA",
  summary: "Exponential moving average over the checkpoints of one training run.",
  source: "https://doi.org/10.1137/0330046",
  family: "trajectory",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "weights",
  heads: "merged",
  params: z.object({
    decay: z.number().min(0).max(1).default(0.5).describe("Share of the average that each next parent leaves"),
  }),
  laws: [idempotent, single, boundedByParents, noDecayIsLast, fullDecayIsFirst, twoAreBlended],
  coefficients(parents, { decay }) {
    const last = parents.length - 1;
    return { base: null, parents: parents.map((_, i) => (i === 0 ? 1 : 1 - decay) * decay ** (last - i)) };
  },
  build({ parents, params: { decay } }) {
    const step = (mean: Element, value: Element): Element => add(mul(constant(decay), mean), mul(constant(1 - decay), value));
    return parents.map(({ value }) => value).reduce(step, parents[0]?.value ?? input(0));
  },
});
