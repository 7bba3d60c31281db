import { z } from "zod";
import { input, sub } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { addedBackGivesParent, noChangeGivesZero } from "../laws.ts";

/**
 * Extracts what fine-tuning changed.
 *   τ = x − base      in f32, written as F32 with metadata amalgam.space = delta
 * Limits: the difference of two 16-bit models is stored in 32 bits, so the file is twice as large as the model.
 * Source: Editing Models with Task Arithmetic (Ilharco et al. 2022), section 2.
 */
export const taskVector = defineMethod({
  id: "task_vector",
  version: 1,
  title: "Task vector",
  summary: "The difference between one fine-tuned model and its base.",
  source: "https://arxiv.org/abs/2212.04089",
  family: "task vectors",
  arity: { min: 1, max: 1 },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "delta",
  params: z.object({}),
  laws: [noChangeGivesZero, addedBackGivesParent],
  coefficients: () => ({ base: -1, parents: [1] }),
  build: ({ base, parents }) => sub(parents[0]?.value ?? input(1), base ?? input(0)),
});
