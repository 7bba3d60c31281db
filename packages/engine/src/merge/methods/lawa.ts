import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import { boundedByParents, idempotent, onlyTheWindow, single, windowOfOneIsLast } from "../laws.ts";
import { meanOf } from "./averages.ts";

/**
 * Latest weight averaging: mean of the last checkpoints of a pre-training run. Parents are listed in the order of training.
 *   out = (1/k)·Σ of the last k parents
 * With fewer parents than k, all of them count. Parents before the window do not enter the result.
 * Limits: gains are largest early in training, at high learning rates, with checkpoints far apart.
 * Source: Early Weight Averaging meets High Learning Rates for LLM Pre-training (Sanyal et al. 2023), which uses k = 5.
 */
export const lawa = defineMethod({
  id: "lawa",
  version: 1,
  title: "LAWA",
  summary: "Mean of the latest checkpoints of one training run.",
  source: "https://arxiv.org/abs/2306.03241",
  family: "trajectory",
  arity: { min: 1, max: null },
  base: "none",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "weights",
  heads: "merged",
  params: z.object({ window: z.int().min(1).max(64).default(5).describe("How many of the last parents are averaged") }),
  laws: [idempotent, single, boundedByParents, windowOfOneIsLast, onlyTheWindow],
  coefficients(parents, { window }) {
    const [first, share] = [parents.length - window, 1 / Math.min(window, parents.length)];
    return { base: null, parents: parents.map((_, i) => (i < first ? 0 : share)) };
  },
  build: ({ parents, params }) => meanOf(parents.slice(-params.window)),
});
