import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import { boundedByParents, idempotent, orderIrrelevant, single } from "../laws.ts";
import { meanOf } from "./averages.ts";

/**
 * Stochastic weight averaging: mean of the points of one training run at a constant or cyclical learning rate.
 *   out = (1/M)·Σᵢ xᵢ      which is what the running mean x̄ ← x̄ + (x − x̄)/(n+1) comes to
 * Limits: batch normalisation statistics are averaged like the rest; measure them again on training data before use.
 * Source: Averaging Weights Leads to Wider Optima and Better Generalization (Izmailov et al. 2018).
 */
export const swa = defineMethod({
  id: "swa",
  version: 1,
  title: "SWA",
  summary: "Mean of the checkpoints of one training run.",
  source: "https://arxiv.org/abs/1803.05407",
  family: "trajectory",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "weights",
  heads: "merged",
  params: z.object({}),
  laws: [idempotent, single, orderIrrelevant, boundedByParents],
  coefficients: (parents) => ({ base: null, parents: parents.map(() => 1 / parents.length) }),
  build: ({ parents }) => meanOf(parents),
});
