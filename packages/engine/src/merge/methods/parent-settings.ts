import { z } from "zod";
import { type Fault, fault } from "../fault.ts";

// What several methods let a recipe say for each parent.

export const weight = (description: string) => z.number().min(-1e6).max(1e6).default(1).describe(description);
/** A weight where a negative one has no meaning. */
export const share = (description: string) => z.number().min(0).max(1e6).default(1).describe(description);
export const density = (value: number) =>
  z.number().min(0).max(1).default(value).describe("Share of this parent's task vector that is kept");

export const epsilon = () =>
  z
    .number()
    .min(0)
    .max(0.5)
    .default(0.15)
    .describe("How far the chance of a row's smallest and largest entry lies from the density");
export const gamma = () => z.number().min(0).max(1).default(0.01).describe("Share of the largest entries that is dropped");

export interface Weighted {
  readonly weight: number;
}

/** Weights that are all 0 leave nothing of the parents in the result, which nobody means. */
export function allWeightsZero(parents: readonly Weighted[]): Fault[] {
  if (parents.some(({ weight }) => weight !== 0)) return [];
  return [
    fault("WEIGHTS_ALL_ZERO", "Every weight is 0, so nothing of the parents would be in the result; raise one.", ["parents"]),
  ];
}

/** No coefficient says how much of a parent is in the result. */
export const noCoefficients = (parents: readonly unknown[]) => ({ base: null, parents: parents.map(() => null) });

/** A chance of being kept between density − ε and density + ε must lie strictly between 0 and 1. */
export function epsilonsFit(parents: readonly { readonly density: number; readonly epsilon: number }[]): Fault[] {
  return parents.flatMap(({ density, epsilon }, i) => {
    if (density === 0 || density === 1 || (density - epsilon > 0 && density + epsilon < 1)) return [];
    const why = `density ${density} and epsilon ${epsilon} give chances outside 0 to 1; take an epsilon below ${Math.min(density, 1 - density)}.`;
    return [fault("EPSILON_TOO_LARGE", why, ["parents", i, "epsilon"])];
  });
}
