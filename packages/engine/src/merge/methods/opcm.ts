import { z } from "zod";
import { add, broadcast, constant, measured, mul } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { arrivalsAreOrthogonal, lengthIsMean, noChangeGivesBase, repeatedModelAddsNothing } from "../laws.ts";
import { costOfArrivals } from "../opcm/cost.ts";
import { concludeArrivals, readState, stateFile } from "../opcm/state.ts";
import { noCoefficients } from "./parent-settings.ts";

/**
 * Merges models in the order in which they arrive: each task vector is added without the directions that are taken already.
 *   D₁ = τ₁      linear weights: D_t = D_{t−1} + U·Q̃·Vᵀ with D_{t−1} = U·diag(s)·Vᵀ and Q̃ = UᵀτV without its diagonal and its
 *   top left r × r block, r = first index, from 0, with (s₀ + … + s_r) / Σs > alpha      other tensors: D_t = D_{t−1} + τ_t
 *   out = base + D_M·n̄ / ‖D_M‖      n̄ = mean ‖τᵢ‖, norms over all merged tensors
 * Linear weights are matrices named ….weight that are no embeddings; an output head is one. Decompositions in f64, D stored in f32.
 * The order decides: the first model stays whole, later ones give way to it. Where all is linear, a model that comes again adds
 * nothing. opcm.json beside the result (count, meanNorm, lambda) makes it the state of a later merge that has it as first parent:
 * (a, b, c) at once and c onto the result of (a, b) agree up to the rounding of the stored type, so keep states in F32. alpha may
 * differ between arrivals. A result without its opcm.json is a model like any other.
 * Limits: one decomposition for each linear weight and arrival, minutes for a matrix of 4096 × 4096; whole matrices in memory.
 * Singular values that are equal leave what is projected to the decomposition. Vectors that cancel out to 1e-12 of n̄ are left so.
 * Source: Merging Models on the Fly Without Retraining (Tang et al. 2025).
 */
export const opcm = defineMethod({
  id: "opcm",
  version: 1,
  title: "OPCM",
  summary: "Models merged one after another, each task vector projected away from what is merged already.",
  source: "https://arxiv.org/abs/2501.09522",
  family: "task vectors",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({
    alpha: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe("Share of the singular values of what is merged whose directions count as taken"),
  }),
  laws: [noChangeGivesBase, lengthIsMean, repeatedModelAddsNothing, arrivalsAreOrthogonal],
  coefficients: noCoefficients,
  prepare: {
    computation: "opcm",
    state: { file: stateFile, read: readState },
    cost: costOfArrivals,
    conclude: concludeArrivals,
  },
  build: ({ base, prepared }) => add(base ?? constant(0), mul(broadcast(measured("scale")), prepared ?? constant(0))),
  files(tensors): Record<string, unknown> {
    const { count, meanNorm, lambda, alpha = Number.NaN } = tensors[0]?.numbers ?? {};
    if (count === undefined) return {};
    return { [stateFile]: { version: 1, count, meanNorm, lambda, alpha: Number.isNaN(alpha) ? null : alpha } };
  },
});
