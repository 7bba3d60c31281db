import {
  abs,
  constant,
  type Element,
  kept,
  largest,
  number,
  numeric,
  type Selection,
  select,
  size,
  type TiePolicy,
} from "../../expr/expr.ts";
import type { BuildParent } from "../define-method.ts";
import type { Weighted } from "./parent-settings.ts";
import { asLargeAs } from "./rescale.ts";
import type { WeightedVector } from "./task-vectors.ts";

const { add, floor, max, min, mul, sub } = numeric;
const zero = constant(0);

/** The entries where a selection keeps what it ranks; 0 elsewhere. */
export const selected = (vector: Element, ranked: Element, selection: Selection): Element =>
  select(kept(ranked, selection), vector, zero);

/** The entries whose magnitudes a selection keeps; 0 elsewhere. */
export const trimmedTo = (vector: Element, selection: Selection): Element => selected(vector, abs(vector), selection);

/**
 * How many of n magnitudes stay: ⌊ρ·n⌋ but at least one; or, where all that are equal at the border stay, everything not below
 * magnitude number ⌊ρ·n⌋ + 1, as in the code of TIES.
 */
export const trimCount = (density: number, ties: TiePolicy, elements: number): number =>
  ties === "all" ? Math.floor(density * elements) + 1 : Math.max(1, Math.floor(density * elements));

/** Keeps the largest magnitudes of each tensor. Density 1 keeps the vector itself, density 0 nothing. */
export function trimmed(vector: Element, density: number, ties: TiePolicy): Element {
  if (density >= 1) return vector;
  if (density <= 0) return zero;
  const share = floor(mul(number(density), size("elements")));
  return trimmedTo(vector, largest(abs(vector), ties === "all" ? add(share, number(1)) : max(number(1), share), ties));
}

interface Ends extends Weighted {
  readonly density: number;
  readonly gamma: number;
}

/**
 * Drops the ⌊γ·n⌋ largest magnitudes of each tensor, and then so many of the smallest that ⌊ρ·n⌋ stay; where the largest would leave
 * too few, fewer of them are dropped (Model Breadcrumbs).
 */
export function withoutEnds(
  { delta, own: { weight, density, gamma } }: Pick<BuildParent<Ends>, "delta" | "own">,
  rescale: "none" | "l1",
): WeightedVector {
  if (density >= 1) return { vector: delta, weight };
  if (density <= 0) return { vector: zero, weight };
  const [elements, magnitude] = [size("elements"), abs(delta)];
  const stay = floor(mul(number(density), elements));
  const top = gamma === 0 ? number(0) : min(floor(mul(number(gamma), elements)), sub(elements, stay));
  const body = trimmedTo(delta, largest(magnitude, add(top, stay)));
  const vector = gamma === 0 ? body : select(kept(magnitude, largest(magnitude, top)), zero, body);
  return { vector: rescale === "l1" ? asLargeAs(delta, vector) : vector, weight };
}
