import { z } from "zod";
import {
  add,
  broadcast,
  constant,
  div,
  type Element,
  equal,
  input,
  max,
  mul,
  number,
  numeric,
  select,
  sum,
  total,
} from "../../expr/expr.ts";
import { defineMethod } from "../define-method.ts";
import { fullOverlapIsMean, noChangeGivesBase, orderIrrelevantToTheBit, zeroBoostIs } from "../laws.ts";
import { type Active, activity, activityOf } from "./activity.ts";
import { noCoefficients } from "./parent-settings.ts";
import { ram } from "./ram.ts";

const times = numeric.mul;

/**
 * As RAM, and what only one parent changed is enlarged, the more of its changes it shares with others.
 *   out = base + bᵢ·τᵢ where parent i alone is active, + Σᵢ aᵢ·τᵢ / Σᵢ aᵢ where several are
 *   bᵢ = 1 + r·min(α, sharedᵢ/uniqueᵢ)      aᵢ = 1 where |τᵢ| > ε; shared, unique: how many entries of the tensor it shares, has alone
 * Limits: as RAM.
 * Source: Behavior Knowledge Merge in Reinforced Agentic Models (Yuan et al. 2026), ramplus_tl of mergekit.
 */
export const ramPlus = defineMethod({
  id: "ram_plus",
  version: 1,
  title: "RAM+",
  summary: "RAM with the changes of one parent alone enlarged by how much it shares.",
  source: "https://arxiv.org/abs/2601.13572",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "weights",
  params: z.object({
    r: z.number().min(0).max(100).default(0.1).describe("How much a shared change enlarges the unique ones"),
    alpha: z.number().min(0).max(1e6).default(0.2).describe("Most that shared by unique changes counts"),
    epsilon: activity(),
  }),
  laws: [noChangeGivesBase, zeroBoostIs(ram), fullOverlapIsMean, orderIrrelevantToTheBit],
  coefficients: noCoefficients,
  build({ base, parents, params: { r, alpha, epsilon } }) {
    const { active, count } = activityOf(parents, epsilon);
    const [zero, one] = [constant(0), constant(1)];
    const alone = (yes: Element, no: Element): Element => select(equal(count, one), yes, no);
    const boost = ({ only }: Active): Element => {
      const [unique, shared] = [total(only(alone(one, zero))), total(only(alone(zero, one)))];
      const ratio = numeric.min(number(alpha), numeric.div(shared, numeric.max(unique, number(1))));
      return broadcast(numeric.add(number(1), times(number(r), ratio)));
    };
    const unique = sum(active.map((each) => each.only(mul(boost(each), each.vector))));
    const mean = div(sum(active.map(({ vector, only }) => only(vector))), max(count, one));
    return add(base ?? input(0), alone(unique, mean));
  },
});
