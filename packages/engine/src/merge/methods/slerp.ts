import { z } from "zod";
import { add, broadcast, dot, input, mul, type Numeric, number, numeric } from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { endpoints, idempotent, keepsNorm, mirrored } from "../laws.ts";

const { div, sqrt, sin, acos, ifLess, max, min } = numeric;
const times = numeric.mul;

/** From this cosine on the circle is numerically a line. */
const parallel = 0.9995;

/**
 * Spherical interpolation: walks the great circle from the first parent a to the second b, each tensor one vector.
 *   out = sin((1−t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b      cos Ω = a·b / (|a|·|b|)
 * Dot products and coefficients are f64, the combination f32.
 * Limits: when |cos Ω| > 0.9995 (parallel or opposite), or a tensor is all zeros, the circle is undefined and the two are blended
 * linearly: (1−t)·a + t·b.
 * Source: Shoemake 1985, on unnormalised vectors as in mergekit.
 */
export const slerp = defineMethod({
  id: "slerp",
  version: 1,
  title: "SLERP",
  summary: "Spherical interpolation between two models.",
  source: "https://doi.org/10.1145/325165.325242",
  family: "sphere",
  arity: { min: 2, max: 2 },
  base: "none",
  perParent: z.object({}),
  accepts: ["weights"],
  output: "weights",
  params: z.object({ t: z.number().min(0).max(1).default(0.5).describe("0 keeps the first parent, 1 the second") }),
  laws: [idempotent, endpoints, mirrored, keepsNorm],
  coefficients: (_parents, { t }) => ({ base: null, parents: [1 - t, t] }),
  build({ parents, params: { t } }) {
    const a = parents[0]?.value ?? input(0);
    const b = parents[1]?.value ?? input(1);
    const norms = sqrt(times(dot(a, a), dot(b, b)));
    const cosine = max(number(-1), min(number(1), div(dot(a, b), norms)));
    const omega = acos(cosine);
    const onCircle = (share: number) => div(sin(times(number(share), omega)), sin(omega));
    const squared = times(cosine, cosine);
    const blend = (share: number): Numeric =>
      ifLess(number(0), norms, ifLess(number(parallel * parallel), squared, number(share), onCircle(share)), number(share));
    return add(mul(broadcast(blend(1 - t)), a), mul(broadcast(blend(t)), b));
  },
});
