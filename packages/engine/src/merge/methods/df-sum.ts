import { z } from "zod";
import { add, broadcast, constant, div, type Element, lessThan, mul, select, sum } from "../../expr/expr.ts";
import type { BuildInput, BuildParent } from "../define-method.ts";
import { informationOf, pooled } from "./information.ts";
import { overNorm } from "./information-norms.ts";

// What DF-Merge and its trimmed variant have in common.

export const lambda = () =>
  z
    .number()
    .min(-10)
    .max(10)
    .default(0.3)
    .describe("How far this parent moves along its own way from the base, within the λ measured");

export const params = z.object({
  epsilon: z.number().min(0).max(1e6).default(1e-12).describe("Added to all Fisher information"),
  granularity: z
    .enum(["parameter", "row", "tensor"])
    .default("parameter")
    .describe("What information weighs: every entry, or by its mean every row or tensor"),
  normalise: z
    .boolean()
    .default(false)
    .describe("Divide each parent's information by its norm over all merged tensors, which the authors do not"),
});

export type DfParams = z.output<typeof params>;

/**
 * base + M·Σᵢ Fᵢ·λᵢ·τᵢ / Σᵢ Fᵢ, Fᵢ with epsilon; base + Σᵢ λᵢ·τᵢ where nothing is known.
 * @param vectors what counts as task vector of each parent
 */
export function dfSum(
  {
    base,
    parents,
    params: { epsilon, granularity, normalise },
  }: Pick<BuildInput<unknown, DfParams>, "base" | "params"> & {
    readonly parents: readonly Pick<BuildParent<{ readonly lambda: number }>, "own" | "statistic">[];
  },
  vectors: readonly Element[],
): Element {
  const start = base ?? constant(0);
  const moved = (factor: number) => vectors.map((vector, i) => mul(constant(factor * (parents[i]?.own.lambda ?? 0)), vector));
  const plain = moved(1);
  const weights = parents.flatMap(({ statistic }, i): Element[] => {
    if (statistic === undefined) return [];
    const information = pooled(informationOf(statistic), granularity);
    return [add(normalise ? mul(broadcast(overNorm(i, 1)), information) : information, constant(epsilon))];
  });
  if (weights.length < parents.length) return add(start, sum(plain));
  const below = sum(weights);
  const isKnown = lessThan(constant(0), below);
  const divisor = select(isKnown, below, constant(1));
  // Shares first: products of small information and small changes would leave the range of f32.
  const shares = weights.map((weight) => div(weight, divisor));
  const weighed = sum(moved(parents.length).map((vector, i) => mul(shares[i] ?? constant(0), vector)));
  return add(start, select(isKnown, weighed, sum(plain)));
}
