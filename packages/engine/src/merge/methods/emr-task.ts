import { z } from "zod";
import { mul } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { maskedOutIsBase, unmaskedAddsUp } from "../laws.ts";
import { addedTo } from "./task-vectors.ts";

/**
 * Restores the model of one task from an EMR artefact.
 *   out = base + γᵢ·maskᵢ·τ_uni      i: the task of that name
 * Limits: the base must be the one of the artefact; the head of the task comes from its own model.
 * Source: EMR-Merging: Tuning-Free High-Performance Model Merging (Huang et al. 2024).
 */
export const emrTask = defineMethod({
  id: "emr_task",
  version: 1,
  title: "Task of an EMR",
  summary: "The model of one task, restored from an EMR artefact.",
  source: "https://arxiv.org/abs/2405.17461",
  family: "multi-part",
  arity: { min: 1, max: 1 },
  base: "required",
  perParent: z.object({}),
  accepts: ["tasks"],
  output: "weights",
  params: z.object({ task: z.string().min(1).max(4096).describe("Name of the task in emr.json: the parent it was made of") }),
  laws: [maskedOutIsBase, unmaskedAddsUp],
  coefficients: () => ({ base: 1, parents: [null] }),
  build({ base, parents: [parent] }) {
    if (parent?.task === undefined) throw new Error("emr_task needs the mask and the scale of a task.");
    return addedTo(base, parent.task.scaler, mul(parent.task.mask, parent.value));
  },
});
