import { z } from "zod";
import { exp, tanh } from "../../expr/elementary.ts";
import {
  abs,
  broadcast,
  constant,
  div,
  type Element,
  largestOf,
  lessThan,
  max,
  measured,
  min,
  mul,
  type Numeric,
  neg,
  number,
  numeric,
  select,
  sub,
  sum,
} from "../../expr/expr.ts";
import { type BuildInput, defineMethod } from "../define-method.ts";
import {
  fewEntriesMove,
  lambdaScales,
  largestOfAModelBounds,
  noChangeGivesBase,
  orderIrrelevantWhereExact,
  zeroLambdaGivesBase,
} from "../laws.ts";
import { lambda } from "./mix-settings.ts";
import { allWeightsZero, noCoefficients, weight } from "./parent-settings.ts";
import { addedTo } from "./task-vectors.ts";

const perParent = z.object({ weight: weight("Factor of this parent's task vector") });
const params = z.object({
  ratio: z.number().min(1e-6).max(1).default(0.1).describe("Share of the entries of each model, by score, that take part"),
  lambda: lambda(1),
  variant: z.enum(["reference"]).default("reference").describe("Form of the balancing: that of the authors' reference file"),
});
type Input = BuildInput<z.output<typeof perParent>, z.output<typeof params>>;

const zero = constant(0);
/** Magnitudes beyond these quantiles of a model are clamped. */
const [lowest, highest] = [0.0001, 0.9999];

/** So many of the largest values reach down to order statistic number `place`, counted from 0 upwards. */
const keepDownTo = (place: number, elements: number): number => elements - Math.min(Math.max(0, Math.floor(place)), elements - 1);

const borderOf = (name: string): Numeric => measured(`${name}.threshold`);

/** (value − low) / (high − low); 0 where there is nothing between them. */
function unitOf(value: Element, low: Numeric, high: Numeric): Element {
  const range = numeric.ifLess(low, high, numeric.sub(high, low), number(1));
  return div(sub(value, broadcast(low)), broadcast(range));
}

const clampedMagnitude = (vector: Element, i: number): Element =>
  max(broadcast(borderOf(`low.${i}`)), min(broadcast(borderOf(`high.${i}`)), abs(vector)));

/** e^(M·n²) · tanh(τᵢ·Σⱼ τⱼ): how large an entry is in its own model, and how well it agrees with the others. */
function scoresOf({ parents }: Input): Element[] {
  const all = sum(parents.map(({ delta }) => delta));
  return parents.map(({ delta }, i) => {
    const [low, high] = [borderOf(`low.${i}`), borderOf(`high.${i}`)];
    const unit = unitOf(clampedMagnitude(delta, i), low, high);
    return mul(exp(mul(constant(parents.length), mul(unit, unit))), tanh(mul(delta, all)));
  });
}

/**
 * Lets the entries of task vectors compete, within each model and between models, and merges those that win.
 *   aᵢ = |τᵢ| held between its 0.0001 and 0.9999 quantiles      τ̃ᵢ = sgn(τᵢ)·aᵢ      nᵢ = aᵢ scaled to 0 … 1
 *   cᵢ = exp(M·nᵢ²) · tanh(τᵢ·Σⱼ τⱼ)      sᵢ = cᵢ raised to its (1 − ratio) quantile, then scaled to 0 … 1
 *   out = base + λ·Σᵢ wᵢ·τ̃ᵢ·sᵢ / max(Σᵢ sᵢ, 1e-12)
 * Quantiles, least and largest are those of the whole model, as order statistics ⌊0.0001·d⌋, ⌊0.9999·d − 1⌋ and ⌊(1 − ratio)·d⌋.
 * A model whose scores are all equal wins nowhere; where no model wins, the base stays.
 * Limits: reads the model three times. Scores depend on the scale of task vectors through tanh.
 * Source: Parameter Competition Balancing for Model Merging (Du et al. 2024), as in the authors' pcb-merging.py.
 */
export const pcb = defineMethod({
  id: "pcb",
  version: 1,
  title: "PCB",
  summary: "Task vectors weighed entry by entry by how they win in their model and agree with the others.",
  source: "https://arxiv.org/abs/2410.02396",
  family: "sparse",
  arity: { min: 1, max: null },
  base: "required",
  perParent,
  accepts: ["weights", "delta"],
  output: "weights",
  params,
  laws: [zeroLambdaGivesBase, noChangeGivesBase, largestOfAModelBounds, fewEntriesMove, lambdaScales, orderIrrelevantWhereExact],
  check: allWeightsZero,
  coefficients: noCoefficients,
  survey: {
    rounds: [
      ({ parents }) => ({
        selections: Object.fromEntries(
          parents.flatMap(({ delta }, i) => {
            const border = (place: (elements: number) => number) =>
              ({ of: abs(delta), ties: "first", keep: (elements: number) => keepDownTo(place(elements), elements) }) as const;
            return [
              [`low.${i}`, border((d) => d * lowest)],
              [`high.${i}`, border((d) => d * highest - 1)],
            ];
          }),
        ),
      }),
      (input) => {
        const scores = scoresOf(input);
        const keep = (elements: number) => keepDownTo(elements * (1 - input.params.ratio), elements);
        return {
          selections: Object.fromEntries(scores.map((of, i) => [`score.${i}`, { of, ties: "first", keep } as const])),
          numbers: Object.fromEntries(scores.map((score, i) => [`best.${i}`, largestOf(score)])),
        };
      },
    ],
    conclude(round, tensors) {
      if (round === 0) return tensors.map(() => ({}));
      const names = Object.keys(tensors[0]?.numbers ?? {}).filter((name) => name.startsWith("best."));
      const best = Object.fromEntries(
        names.map((name) => [name, Math.max(...tensors.map(({ numbers }) => numbers[name] ?? Number.NEGATIVE_INFINITY))]),
      );
      return tensors.map(() => best);
    },
  },
  build(input) {
    const parts = scoresOf(input).map((score, i) => {
      const low = borderOf(`score.${i}`);
      return unitOf(max(score, broadcast(low)), low, measured(`best.${i}`));
    });
    const weighted = input.parents.map(({ delta, own }, i) => {
      const clamped = clampedMagnitude(delta, i);
      const signed = select(lessThan(delta, zero), neg(clamped), select(lessThan(zero, delta), clamped, zero));
      return mul(constant(own.weight), mul(signed, parts[i] ?? zero));
    });
    return addedTo(input.base, input.params.lambda, div(sum(weighted), max(sum(parts), constant(1e-12))));
  },
});
