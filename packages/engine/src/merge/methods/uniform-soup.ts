import { z } from "zod";
import { defineMethod } from "../define-method.ts";
import { boundedByParents, idempotent, orderIrrelevant, single } from "../laws.ts";
import { meanOf } from "./averages.ts";

/**
 * Plain mean of fine-tunes of one model on one task, heads included.
 *   out = (1/M)·Σᵢ xᵢ
 * Limits: helps when the fine-tunes lie in one basin (same initialisation, learning rates not extreme); one diverged run spoils it, and
 * a soup may lose to its best ingredient.
 * Source: Model soups (Wortsman et al. 2022).
 */
export const uniformSoup = defineMethod({
  id: "uniform_soup",
  version: 1,
  title: "Uniform soup",
  summary: "Mean of several fine-tunes of one task, heads included.",
  source: "https://arxiv.org/abs/2203.05482",
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
