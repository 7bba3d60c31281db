import { dot, type Element, type Numeric, number, numeric, type Scope } from "../../expr/expr.ts";

const { div, max, min, sqrt } = numeric;

/** Inner products of some vectors, each pair once. */
export type Gram = (i: number, j: number) => Numeric;

export function gramOf(vectors: readonly Element[], scope: Scope = "tensor"): Gram {
  const products = vectors.map((a, i) => vectors.slice(i).map((b) => dot(a, b, scope)));
  return (i, j) => products[Math.min(i, j)]?.[Math.abs(j - i)] ?? number(Number.NaN);
}

/** Pairs i < j of n things. */
export const pairsOf = (n: number): readonly (readonly [number, number])[] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n - i - 1 }, (_, k) => [i, i + 1 + k] as const)).flat();

/** Sum of numbers, pair by pair, so that many of them (there are M² products) do not nest deeply. */
export function sumOf(terms: readonly Numeric[]): Numeric {
  const [first = number(0), second] = terms;
  if (second === undefined) return first;
  const half = Math.ceil(terms.length / 2);
  return numeric.add(sumOf(terms.slice(0, half)), sumOf(terms.slice(half)));
}

/** Cosine of two vectors; the product of their norms counts as at least `least`. */
export const cosineOf = (gram: Gram, i: number, j: number, least: number): Numeric =>
  max(number(-1), min(number(1), div(gram(i, j), max(number(least), sqrt(numeric.mul(gram(i, i), gram(j, j)))))));
