import { add, broadcast, constant, div, type Element, exp, ln, max, mul, numeric, size, sum, total } from "../../expr/index.ts";
import type { ParentStatistic } from "../define-method.ts";
import type { Weighted } from "./parent-settings.ts";

// What methods on Fisher information have in common.

/** Below this, information counts as none where it is interpolated. */
const leastInformation = 1e-30;

/** x^share for a share that is a number, x > 0: relative error below 1e-6 for x from e^-15 to e^15. */
const power = (x: Element, share: number): Element => exp(mul(constant(share), ln(x)));

/** What a file has that was damaged after it was written: information below 0 counts as none. */
export const notNegative = (information: Element): Element => max(information, constant(0));

/**
 * Fisher information at a parent's own λ: as measured, or with ln F interpolated linearly between two measurements,
 *   F = max(F₁, 1e-30)^(1 − s) · max(F₂, 1e-30)^s
 */
export function informationOf({ value, next }: ParentStatistic): Element {
  if (next === null) return notNegative(value);
  const [low, high] = [value, next.value].map((each) => max(each, constant(leastInformation)));
  if (low === undefined || high === undefined) throw new Error("There are two measurements.");
  return mul(low, power(div(high, low), next.share));
}

/** Whether information weighs every parameter, every row of a tensor, or tensors as a whole. */
export type Granularity = "parameter" | "row" | "tensor";

/** Its mean over each row or over the tensor in place of single values. */
export function pooled(information: Element, granularity: Granularity): Element {
  if (granularity === "parameter") return information;
  const [scope, count] = granularity === "row" ? (["row", size("columns")] as const) : (["tensor", size("elements")] as const);
  return broadcast(numeric.div(total(information, scope), count));
}

/** Σᵢ wᵢ·xᵢ / Σᵢ wᵢ as a number for each model; the plain mean where the weights add up to 0. */
export function averageOf(parents: readonly (Weighted & { readonly value: Element })[]): Element {
  const all = parents.reduce((acc, { weight }) => acc + weight, 0);
  if (all === 0) return div(sum(parents.map(({ value }) => value)), constant(parents.length));
  return parents.map(({ value, weight }) => mul(constant(weight / all), value)).reduce(add);
}
