import { z } from "zod";
import { broadcast, mul, number, solve, sum } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { idempotent, keepsMeanNorm, orderIrrelevantOnSphere, scalesWithParents, twoAre } from "../laws.ts";
import { gramOf } from "./cosines.ts";
import { multislerp } from "./multislerp.ts";
import { noCoefficients } from "./parent-settings.ts";

/**
 * Riemannian mean of several models on the sphere, each tensor one vector of equal weight: the direction from which the arcs to all
 * parents pull equally, with the parents' mean length.
 *   m ← cos|g|·m + sin|g|·g/|g|      g = (1/M)·Σᵢ log_m(uᵢ), log_m(u) = θ·(u − cos θ·m)/sin θ, cos θ = u·m
 *   out = m · (1/M)·Σᵢ |xᵢ|          uᵢ = xᵢ/|xᵢ|, m starts at their normalised mean
 * Iterated until |g| < tolerance. Every m is a combination of the parents, so only its coefficients are iterated, in f64, from the
 * inner products of the parents; the last combination is f32.
 * Limits: tensors of norm up to the tolerance count for the length, not for the direction; between opposite directions the mean is
 * not unique, and one of them decides.
 * Source: Functionality-Oriented LLM Merging on the Fisher–Rao Manifold (Wang et al. 2026), as in mergekit.
 */
export const karcher = defineMethod({
  id: "karcher",
  version: 1,
  title: "Karcher mean",
  summary: "Riemannian mean of several models on the sphere.",
  source: "https://arxiv.org/abs/2603.04972",
  family: "sphere",
  arity: { min: 2, max: null },
  base: "none",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "weights",
  params: z.object({
    maxIterations: z.int().min(1).max(1000).default(10).describe("Most steps towards the mean"),
    tolerance: z.number().min(1e-12).max(1).default(1e-5).describe("Step below which the mean has been found"),
  }),
  laws: [idempotent, orderIrrelevantOnSphere, keepsMeanNorm, scalesWithParents, twoAre(multislerp)],
  coefficients: noCoefficients,
  build({ parents, params }) {
    const vectors = parents.map(({ value }) => value);
    const gram = gramOf(vectors);
    const products = vectors.flatMap((_, i) => vectors.slice(i).map((_each, k) => gram(i, i + k)));
    const args = [number(params.maxIterations), number(params.tolerance), number(vectors.length), ...products];
    return sum(vectors.map((vector, i) => mul(broadcast(solve("karcher", args, i)), vector)));
  },
});
