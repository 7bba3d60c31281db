import { z } from "zod";

// Parameters that the methods on sparse task vectors share. Those that add task vectors up start at λ 0.3, as task arithmetic does;
// those that average them start at 1.

export const lambda = (value: number) =>
  z.number().min(-100).max(100).default(value).describe("Factor of the merged task vector");

export const normalize = (value: boolean) =>
  z.boolean().default(value).describe("Divide by the weights of the parents that are added up");

const probability = "probability: divide by the chance of being kept";
const l1 = "l1: as large as before in the sum of magnitudes, tensor by tensor";

export const rescaleByChance = z
  .enum(["probability", "l1", "none"])
  .default("probability")
  .describe(`How kept entries make up for dropped ones. ${probability}; ${l1}`);

export const rescaleByNorm = z.enum(["none", "l1"]).default("none").describe(`How kept entries make up for dropped ones. ${l1}`);
