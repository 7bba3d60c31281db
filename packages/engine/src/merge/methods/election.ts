import { abs, atMost, constant, div, type Element, lessThan, max, mul, select, sum } from "../../expr/expr.ts";
import type { WeightedVector } from "./task-vectors.ts";

/** What becomes of the entries that have the elected sign. */
export type Aggregate = "weighted-mean" | "mean" | "sum" | "max";

const zero = constant(0);
const one = constant(1);
const minusOne = constant(-1);

/** Σᵢ wᵢ·τᵢ, whose sign is elected. */
export const massOf = (vectors: readonly WeightedVector[]): Element => sum(vectors.map(weighted));

const weighted = ({ vector, weight }: WeightedVector): Element => mul(constant(weight), vector);

/** −1, 1, or `undecided` for 0. */
export const signOf = (mass: Element, undecided: Element): Element =>
  select(lessThan(mass, zero), minusOne, select(lessThan(zero, mass), one, undecided));

/** 1 where the sum is not negative, else −1. */
export const nonNegativeSign = (mass: Element): Element => select(lessThan(mass, zero), minusOne, one);

/** Gives a value where a vector has the elected sign, else 0. Zeros have no sign. */
export function agreeingWith(sign: Element, vector: Element): (value: Element) => Element {
  const agrees = lessThan(zero, mul(sign, vector));
  return (value) => select(agrees, value, zero);
}

/** The entries wᵢ·τᵢ of the elected sign: added up, divided by their weights or by their number, or the largest of them. */
export function disjoint(vectors: readonly WeightedVector[], sign: Element, aggregate: Aggregate): Element {
  const entries = vectors.map((each) => {
    const value = weighted(each);
    return { value, weight: constant(each.weight), only: agreeingWith(sign, value) };
  });
  const added = sum(entries.map(({ only, value }) => only(value)));
  switch (aggregate) {
    case "weighted-mean": {
      const weights = sum(entries.map(({ only, weight }) => only(weight)));
      return div(added, divisor(weights, vectors));
    }
    case "mean":
      return div(added, max(sum(entries.map(({ only }) => only(one))), one));
    case "sum":
      return added;
    case "max":
      return mul(sign, entries.map(({ only, value }) => only(abs(value))).reduce(max));
  }
}

/** Weights of what is added; 1 where they cancel, up to the rounding of f32, or nothing is. */
function divisor(weights: Element, vectors: readonly WeightedVector[]): Element {
  const mayCancel = vectors.some(({ weight }) => weight < 0);
  const rounding = mayCancel ? 1e-7 * vectors.reduce((acc, { weight }) => acc + Math.abs(weight), 0) : 0;
  return select(atMost(abs(weights), constant(rounding)), one, weights);
}

/** Entries of the elected sign as mergekit merges them: sign of the weighted sum, 0 counting as +; divided by the weights that agree when normalize. */
export const elected = (vectors: readonly WeightedVector[], normalize: boolean): Element =>
  disjoint(vectors, nonNegativeSign(massOf(vectors)), normalize ? "weighted-mean" : "sum");
