import { z } from "zod";
import {
  add,
  broadcast,
  constant,
  count,
  div,
  dot,
  type Element,
  input,
  largest,
  lessThan,
  max,
  mul,
  type Numeric,
  number,
  numeric,
  size,
  sub,
  sum,
} from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import {
  boundedByTaskVectors,
  equalEnergiesAre,
  noChangeGivesBase,
  nothingSelectedGivesBase,
  orderIrrelevantWhereExact,
} from "../laws.ts";
import { agreeingWith, nonNegativeSign } from "./election.ts";
import { noCoefficients } from "./parent-settings.ts";
import { ties } from "./ties.ts";
import { selected } from "./trim.ts";

const { floor, ifLess } = numeric;
const times = numeric.mul;

/** Variance over the parents, entry by entry; exactly 0 where all agree. */
function varianceOf(vectors: readonly Element[]): Element {
  const offsets = vectors.map((vector) => sub(vector, vectors[0] ?? vector));
  const mean = div(sum(offsets), constant(offsets.length));
  const squares = offsets.map((offset) => {
    const deviation = sub(offset, mean);
    return mul(deviation, deviation);
  });
  return div(sum(squares), constant(squares.length));
}

/** Eᵢ / Σⱼ Eⱼ, or equal shares where there is hardly any energy; Eᵢ is the mean square of a tensor. */
function energyShares(vectors: readonly Element[]): Numeric[] {
  const energies = vectors.map((vector) => numeric.div(dot(vector, vector), numeric.max(number(1), size("elements"))));
  const all = energies.reduce(numeric.add, number(0));
  return energies.map((energy) => ifLess(all, number(1e-6), number(1 / vectors.length), numeric.div(energy, all)));
}

/**
 * Selects the entries in which parents differ most, weighs parents by the energy of what is selected, and erases minority signs.
 *   select: the ⌊k·v⌋ entries of largest variance over the parents, of the v with any; k = 1 keeps every entry
 *   calculate: wᵢ = Eᵢ / Σⱼ Eⱼ, Eᵢ the mean of τᵢ² over the tensor      equal weights where Σ Eⱼ < 1e-6
 *   erase: out = base + Σ wᵢ·τᵢ / max(Σ wᵢ, 1e-6) over the parents with sgn(τᵢ) = s, s = 1 where Σᵢ τᵢ ≥ 0, else −1
 * Limits: with one parent, or equal parents, there is no variance and k < 1 keeps nothing.
 * Source: FuseChat: Knowledge Fusion of Chat Models (Wan et al. 2024), formula as in mergekit.
 */
export const sce = defineMethod({
  id: "sce",
  version: 1,
  title: "SCE",
  summary: "Task vectors where parents differ most, weighed by their energy, merged where they have the elected sign.",
  source: "https://arxiv.org/abs/2408.07990",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({
    topk: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("Share of the differing entries that is kept, by variance over the parents"),
  }),
  laws: [
    noChangeGivesBase,
    nothingSelectedGivesBase,
    equalEnergiesAre(ties, { density: 1 }, { aggregate: "weighted-mean" }),
    boundedByTaskVectors,
    orderIrrelevantWhereExact,
  ],
  coefficients: noCoefficients,
  build({ base, parents, params: { topk } }) {
    const deltas = parents.map(({ delta }) => delta);
    const variance = varianceOf(deltas);
    const differing = count(lessThan(constant(0), variance));
    const most = largest(variance, floor(times(number(topk), differing)));
    const vectors = topk < 1 ? deltas.map((delta) => selected(delta, variance, most)) : deltas;
    const shares = energyShares(vectors).map(broadcast);
    const sign = nonNegativeSign(sum(vectors));
    const agreeing = vectors.map((vector) => agreeingWith(sign, vector));
    const added = sum(agreeing.map((only, i) => only(mul(shares[i] ?? constant(0), vectors[i] ?? constant(0)))));
    const weights = sum(agreeing.map((only, i) => only(shares[i] ?? constant(0))));
    return add(base ?? input(0), div(added, max(weights, constant(1e-6))));
  },
});
