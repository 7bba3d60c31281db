import { add, constant, div, type Element, input, mul, sum } from "../../expr/expr.ts";
import type { Weighted } from "./parent-settings.ts";

/** A task vector, or what a method has left of it, with its parent's weight. */
export interface WeightedVector extends Weighted {
  readonly vector: Element;
}

/** Σᵢ wᵢ; 1 where the weights cancel, since nothing can be divided by their sum. */
export function totalWeight(vectors: readonly Weighted[]): number {
  const total = vectors.reduce((acc, { weight }) => acc + weight, 0);
  return Math.abs(total) < 1e-8 ? 1 : total;
}

/** Σᵢ wᵢ·τᵢ, divided by Σᵢ wᵢ when normalize. */
export function weightedSum(vectors: readonly WeightedVector[], normalize: boolean): Element {
  const mixed = sum(vectors.map(({ vector, weight }) => mul(constant(weight), vector)));
  return normalize ? div(mixed, constant(totalWeight(vectors))) : mixed;
}

/** base + λ·τ */
export const addedTo = (base: Element | null, lambda: number, vector: Element): Element =>
  add(base ?? input(0), mul(constant(lambda), vector));
