import { z } from "zod";
import { type Fault, fault } from "../fault.ts";

/** What several methods let a recipe say for each parent. */
export const weight = (description: string) => z.number().min(-1e6).max(1e6).default(1).describe(description);

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
