import {
  abs,
  add,
  broadcast,
  constant,
  div,
  type Element,
  lessThan,
  max,
  mul,
  number,
  numeric,
  random,
  rank,
  select,
  size,
} from "../../expr/expr.ts";
import type { BuildParent } from "../define-method.ts";
import type { Weighted } from "./parent-settings.ts";
import { asLargeAs } from "./rescale.ts";
import type { WeightedVector } from "./task-vectors.ts";

type Rescale = "probability" | "l1" | "none";
type Parent<Own> = Pick<BuildParent<Own>, "delta" | "input" | "own">;

interface Dropping extends Weighted {
  readonly density: number;
}

/** Random numbers are multiples of this: no smaller chance can be told from 0. */
const leastChance = 2 ** -24;

/** Keeps each entry of a task vector with the same chance, its density (DARE). */
export const dropEvenly = (parent: Parent<Dropping>, rescale: Rescale): WeightedVector =>
  drop(parent, rescale, constant(parent.own.density));

/** Keeps each entry with a chance that grows with its magnitude in its row: density − ε for the smallest to density + ε (DELLA). */
export function dropByRank(parent: Parent<Dropping & { readonly epsilon: number }>, rescale: Rescale): WeightedVector {
  const { density, epsilon } = parent.own;
  if (epsilon === 0) return dropEvenly(parent, rescale);
  // In a row of one entry none is smaller or larger.
  const whereSeveral = (several: number, one: number) => numeric.ifLess(number(1), size("columns"), number(several), number(one));
  const step = numeric.div(whereSeveral(2 * epsilon, 0), numeric.max(number(1), numeric.sub(size("columns"), number(1))));
  const chance = add(broadcast(whereSeveral(density - epsilon, density)), mul(broadcast(step), rank(abs(parent.delta))));
  return drop(parent, rescale, chance);
}

/** Density 1 keeps the vector itself, density 0 nothing. */
function drop({ delta, input, own }: Parent<Dropping>, rescale: Rescale, chance: Element): WeightedVector {
  const { weight, density } = own;
  if (density >= 1) return { vector: delta, weight };
  if (density < leastChance) return { vector: constant(0), weight };
  const kept = select(lessThan(random(input), chance), delta, constant(0));
  if (rescale === "none") return { vector: kept, weight };
  return { vector: rescale === "l1" ? asLargeAs(delta, kept) : div(kept, max(chance, constant(leastChance))), weight };
}
