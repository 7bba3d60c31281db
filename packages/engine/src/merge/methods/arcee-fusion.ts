import { z } from "zod";
import { exp } from "../../expr/elementary.ts";
import {
  abs,
  add,
  atMost,
  broadcast,
  constant,
  dot,
  type Element,
  input,
  largest,
  largestOf,
  min,
  mul,
  type Numeric,
  number,
  numeric,
  select,
  size,
  sub,
  threshold,
  total,
} from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { eachValueIsOneOfBoth, fewChangesAreTaken, noChangeGivesBase } from "../laws.ts";
import { noCoefficients } from "./parent-settings.ts";

const { add: plus, div, floor, ln, mul: times, sub: minus } = numeric;

/** e^d − 1 − d, by its Taylor series where the difference would lose digits. */
function exponentialRest(d: Element): Element {
  const series = [8, 7, 6, 5, 4, 3].reduce(
    (above: Element, k) => add(constant(1), mul(mul(d, constant(1 / k)), above)),
    constant(1),
  );
  const far = sub(sub(exp(d), constant(1)), d);
  return select(atMost(abs(d), constant(0.5)), mul(mul(mul(d, d), constant(0.5)), series), far);
}

/**
 * KL(p‖q) of each row, p = softmax(x), q = softmax(y). Close rows would lose every digit in Σ p·ln(p/q), so with d = x − y less its
 * mean under q, and R = Σ q·d, which is rounding alone:
 *   KL = (R + Σ q·d·(e^d − 1)) / (1 + F) − ln(1 + F)      F = R + Σ q·(e^d − 1 − d)
 */
function divergence(x: Element, y: Element): Numeric {
  const weights = exp(sub(y, broadcast(largestOf(y, "row"))));
  const sum = total(weights, "row");
  const under = (values: Element): Numeric => div(dot(weights, values, "row"), sum);
  const difference = sub(x, y);
  const d = min(constant(80), sub(difference, broadcast(under(difference))));
  const rest = exponentialRest(d);
  const mean = under(d);
  const f = plus(mean, under(rest));
  const numerator = plus(mean, under(mul(d, add(d, rest))));
  // Rounding may leave it just below 0.
  return numeric.max(number(0), minus(div(numerator, plus(number(1), f)), ln(plus(number(1), f))));
}

/** Order statistic ⌊q·(n−1)⌋ of the tensor, counted from 0 upwards: no interpolation. */
const quantile = (of: Element, q: number): Numeric =>
  threshold(largest(of, minus(size("elements"), floor(times(number(q), minus(size("elements"), number(1)))))));

/**
 * Takes a parent's values where the difference to the base is important, and keeps the base elsewhere.
 *   out = x where I ≥ median(I) + 1.5·(Q₃(I) − Q₁(I)), else base      I = |x − base| · KL(softmax(x) ‖ softmax(base)), KL by row
 * Quartiles are those of the tensor, exact, as order statistics number ⌊q·(n−1)⌋ without interpolation. A tensor with fewer than two
 * axes is one row. KL in f64 from f32 terms.
 * Limits: the threshold adapts to the tensor, so some share is always taken; mergekit adds 1e-8 to every probability and samples
 * large tensors, so a few entries at the border may differ from it.
 * Source: Arcee Fusion, as in mergekit (Goddard et al. 2024).
 */
export const arceeFusion = defineMethod({
  id: "arcee_fusion",
  version: 1,
  title: "Arcee Fusion",
  summary: "The parent's values where they differ importantly from the base's.",
  source: "https://arxiv.org/abs/2403.13257",
  family: "sparse",
  arity: { min: 1, max: 1 },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "weights",
  params: z.object({}),
  laws: [noChangeGivesBase, eachValueIsOneOfBoth, fewChangesAreTaken],
  coefficients: noCoefficients,
  build({ base, parents: [parent] }) {
    const [start, value] = [base ?? input(0), parent?.value ?? input(1)];
    const importance = mul(abs(sub(value, start)), broadcast(divergence(value, start)));
    const spread = minus(quantile(importance, 0.75), quantile(importance, 0.25));
    const border = plus(quantile(importance, 0.5), times(number(1.5), spread));
    return select(atMost(broadcast(border), importance), value, start);
  },
});
