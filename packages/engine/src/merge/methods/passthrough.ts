import { z } from "zod";
import { constant, input, mul } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { copies, scalesTheParent } from "../laws.ts";

/**
 * Takes one model as it is, or a scaled tensor of it; the way to stack layers of several models.
 *   out = s·x      without s: x, bit for bit
 * Limits: a stack of layers that were not trained together usually needs further training.
 * Source: frankenmerges as in mergekit (Goddard et al. 2024).
 */
export const passthrough = defineMethod({
  id: "passthrough",
  version: 1,
  title: "Passthrough",
  summary: "One model as it is, tensor by tensor; for stacking layers.",
  source: "https://arxiv.org/abs/2403.13257",
  family: "layers",
  arity: { min: 1, max: 1 },
  base: "none",
  perParent: z.object({ scale: z.number().min(-1e6).max(1e6).default(1).describe("Factor of this parent's values") }),
  accepts: ["weights"],
  output: "weights",
  heads: "merged",
  params: z.object({}),
  laws: [copies, scalesTheParent],
  coefficients: (parents) => ({ base: null, parents: parents.map(({ scale }) => scale) }),
  build({ parents: [parent] }) {
    const [value, scale] = [parent?.value ?? input(0), parent?.own.scale ?? 1];
    return scale === 1 ? value : mul(constant(scale), value);
  },
});
