import { dot, measured, type Numeric, number, numeric } from "../../expr/expr.ts";
import type { BuildInput, Survey, SurveyedTensor } from "../define-method.ts";
import { informationOf } from "./information.ts";

interface Normalising {
  readonly normalise: boolean;
}

const square = /^square\.(\d+)$/;

/** ‖Fᵢ‖ over all merged tensors that the statistics have, where the parameter asks for it; in f64, tensor by tensor in the order of names. */
export const informationNorms: Survey<unknown, Normalising> = {
  rounds: [
    ({ parents, params: { normalise } }: BuildInput<unknown, Normalising>) => {
      if (!normalise) return {};
      const squares = parents.flatMap(({ statistic }, i) => {
        if (statistic === undefined) return [];
        const information = informationOf(statistic);
        return [[`square.${i}`, dot(information, information)] as const];
      });
      return { numbers: Object.fromEntries(squares) };
    },
  ],
  conclude(_round, tensors: readonly SurveyedTensor[]) {
    const sums = new Map<string, number>();
    for (const { numbers } of tensors)
      for (const [name, value] of Object.entries(numbers)) {
        const i = square.exec(name)?.[1];
        if (i !== undefined) sums.set(`norm.${i}`, (sums.get(`norm.${i}`) ?? 0) + value);
      }
    const norms = Object.fromEntries([...sums].map(([name, sum]) => [name, Math.sqrt(sum)]));
    return tensors.map(() => norms);
  },
};

/** A factor divided by the norm of the i-th parent's information; 0 where it has none anywhere. */
export function overNorm(i: number, factor: number): Numeric {
  const norm = measured(`norm.${i}`);
  return numeric.ifLess(number(0), norm, numeric.div(number(factor), norm), number(0));
}
