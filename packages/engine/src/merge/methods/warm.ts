import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import { boundedByParents, idempotent, orderIrrelevant, single } from "../laws.ts";
import { meanOf } from "./averages.ts";

/**
 * Mean of reward models that were fine-tuned from one model with different data orders and settings, their scalar heads included.
 *   out = (1/M)·Σᵢ xᵢ
 * Limits: the averaging half of WARM; the diversity comes from how the reward models are trained.
 * Source: WARM: On the Benefits of Weight Averaged Reward Models (Ramé et al. 2024).
 */
export const warm = defineMethod({
  id: "warm",
  version: 1,
  title: "WARM",
  summary: "Mean of several reward models, heads included.",
  source: "https://arxiv.org/abs/2401.12187",
  family: "average",
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
