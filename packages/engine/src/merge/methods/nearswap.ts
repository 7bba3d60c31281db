import { z } from "zod";
import { abs, add, constant, div, input, max, min, mul, sub } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { nearIsTaken, noChangeGivesBase, noneMovesFurther, zeroTGivesBase } from "../laws.ts";
import { noCoefficients } from "./parent-settings.ts";

/**
 * Takes a parent's values where they are near the base's, and moves less the further they are apart.
 *   out = a·x + (1−a)·base      a = min(1, t / max(|x − base|, 1e-6))
 * So an entry moves by at most t.
 * Limits: what fine-tuning changed most enters least; meant to interweave two models whose weights are similar. The default t is
 * that of the model which introduced the method.
 * Source: NearSwap of alchemonaut's QuartetAnemoi (2024), as in mergekit.
 */
export const nearswap = defineMethod({
  id: "nearswap",
  version: 1,
  title: "NearSwap",
  summary: "The parent's values where they are near the base's, at most a step towards them elsewhere.",
  source: "https://huggingface.co/alchemonaut/QuartetAnemoi-70B-t0.0001",
  family: "sparse",
  arity: { min: 1, max: 1 },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "weights",
  params: z.object({ t: z.number().min(0).max(1e6).default(0.0001).describe("Most that a value moves") }),
  laws: [noChangeGivesBase, zeroTGivesBase, nearIsTaken, noneMovesFurther],
  coefficients: noCoefficients,
  build({ base, parents: [parent], params: { t } }) {
    const [start, value] = [base ?? input(0), parent?.value ?? input(1)];
    const share = min(constant(1), div(constant(t), max(abs(sub(value, start)), constant(1e-6))));
    return add(mul(share, value), mul(sub(constant(1), share), start));
  },
});
