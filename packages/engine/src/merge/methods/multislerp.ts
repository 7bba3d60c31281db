import { z } from "zod";
import { add, broadcast, mul, type Numeric, number, numeric, sum } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { fault } from "../fault.ts";
import { idempotent, keepsMeanNorm, orderIrrelevantOnSphere, scalesWithParents, twoOfEqualNormAre } from "../laws.ts";
import { gramOf, sumOf } from "./cosines.ts";
import { nuslerp } from "./nuslerp.ts";
import { allWeightsZero, noCoefficients, weight } from "./parent-settings.ts";

const { add: plus, div, ifLess, max, sqrt } = numeric;
const times = numeric.mul;

/** Below this length the mean direction is made of the rounding of f32. */
const rounding = 1e-7;

const total = (weights: readonly number[]): number => weights.reduce((a, b) => a + b, 0);

/**
 * Mean of several models, or of their task vectors when there is a base, on the sphere: each tensor one vector.
 *   out = m/|m| · Σᵢ wᵢ·|vᵢ|      m = Σᵢ wᵢ·vᵢ/(|vᵢ| + ε)
 * The mean direction with the mean length. Weights are divided by their sum with normalizeWeights. Everything on vectors is known
 * from their inner products, in f64; the combination is f32.
 * Limits: where the directions cancel (|m| < ε, or below 1e-7) there is no mean direction and the vectors are averaged linearly.
 * Source: multislerp of mergekit (Goddard et al. 2024); its step in the tangent space is always 0 and left out.
 */
export const multislerp = defineMethod({
  id: "multislerp",
  version: 1,
  title: "MultiSLERP",
  summary: "Mean direction of several models, or of their task vectors, with their mean length.",
  source: "https://arxiv.org/abs/2403.13257",
  family: "sphere",
  arity: { min: 2, max: null },
  base: "optional",
  perParent: z.object({ weight: weight("Share of this parent") }),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({
    normalizeWeights: z.boolean().default(true).describe("Divide the weights by their sum"),
    eps: z.number().min(0).max(1e-2).default(1e-8).describe("Least length of a vector and of the mean direction"),
  }),
  laws: [idempotent, orderIrrelevantOnSphere, keepsMeanNorm, scalesWithParents, twoOfEqualNormAre(nuslerp)],
  check(parents, { normalizeWeights }) {
    if (!normalizeWeights || total(parents.map(({ weight }) => weight)) !== 0) return allWeightsZero(parents);
    const why = "The weights add up to 0, so they have no share in a mean; set parameters.normalizeWeights to false.";
    return [fault("WEIGHTS_SUM_ZERO", why, ["parents"])];
  },
  coefficients: noCoefficients,
  build({ base, parents, params: { normalizeWeights, eps } }) {
    const vectors = parents.map(({ value, delta }) => (base === null ? value : delta));
    const raw = parents.map(({ own }) => own.weight);
    const weights = normalizeWeights ? raw.map((w) => w / total(raw)) : raw;
    const gram = gramOf(vectors);
    const norms = vectors.map((_, i) => sqrt(gram(i, i)));
    const onUnits = norms.map((norm, i) => div(number(weights[i] ?? 0), plus(norm, number(eps || Number.MIN_VALUE))));
    const products = onUnits.flatMap((a, i) => onUnits.map((b, j) => times(times(a, b), gram(i, j))));
    const length = sqrt(max(number(0), sumOf(products)));
    const target = sumOf(norms.map((norm, i) => times(number(weights[i] ?? 0), norm)));
    const share = (i: number): Numeric =>
      ifLess(
        length,
        number(Math.max(eps, rounding)),
        number(weights[i] ?? 0),
        div(times(target, onUnits[i] ?? number(0)), length),
      );
    const mean = sum(vectors.map((vector, i) => mul(broadcast(share(i)), vector)));
    return base === null ? mean : add(base, mean);
  },
});
