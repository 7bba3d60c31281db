import { quote } from "../../formats/json-scanner.ts";
import { pathOf as modelPath } from "../check-headers.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { type RefusedError, refuse } from "../fault.ts";
import type { Gather, Plan, PlannedInput } from "../planned.ts";
import type { TileFault } from "./tile-worker.ts";

/** The fault of a tile in words: names the tensor, the model and what to do. */
export function explainFault(
  { tensor, problem }: TileFault,
  { recipe, sources, statistics }: Plan,
  models: readonly Checkpoint[],
  outDir: string,
): RefusedError | Error {
  const inputs = sources.find(({ name }) => name === tensor)?.inputs ?? [];
  const modelOf = (input: number) => inputs[input]?.model ?? input;
  const statisticOf = (model: number) => statistics[model - models.length];
  const labelAt = (model: number) => models[model]?.header.label ?? statisticOf(model)?.value.label ?? "";
  const labelOf = (input: number) => labelAt(modelOf(input));
  const pathOf = (input: number) => modelPath(recipe, modelOf(input));
  const name = quote(tensor);
  switch (problem.kind) {
    case "non-finite": {
      const input = inputs[problem.input];
      const origin = input?.gather === undefined ? null : originOf(input, input.gather, problem.element);
      const [model, at] = [origin?.model ?? modelOf(problem.input), origin?.element ?? problem.element];
      const what = origin === null ? name : quote(origin.tensor);
      const where = `Tensor ${what} of ${labelAt(model)} holds NaN or infinity (first at element ${at})`;
      const statistic = statisticOf(model);
      if (statistic !== undefined) return refuse("NON_FINITE", `${where}; measure it again.`, statistic.path);
      return refuse("NON_FINITE", `${where}; repair or leave out this model.`, modelPath(recipe, model));
    }
    case "overflow":
      return refuse(
        "OVERFLOW",
        `Tensor ${name} of the result is too large for ${problem.dtype}; choose a wider dtype or smaller coefficients.`,
        ["dtype"],
      );
    case "unequal": {
      const both = `in ${labelOf(problem.input)} and ${labelOf(0)}`;
      return refuse(
        "INTEGERS_DIFFER",
        `Tensor ${name} holds integers, which are copied, but they differ ${both}; exclude it.`,
        pathOf(problem.input),
      );
    }
    case "io":
      if (problem.code === "ENOSPC" || problem.code === "EDQUOT") {
        return refuse("DISK_FULL", `No space is left for ${outDir}: the disk is full. Nothing was kept.`, ["outDir"]);
      }
      return Object.assign(new Error(`${problem.path}: ${problem.message}`), { code: problem.code });
  }
}

interface Origin {
  readonly model: number;
  readonly tensor: string;
  readonly element: number;
}

/** Where an element of an aligned matrix stands; null when it was made of several. */
function originOf({ model }: PlannedInput, { map, columns, matrices }: Gather, element: number): Origin | null {
  const row = Math.floor(element / columns);
  const from = map.matrix[row] ?? model;
  const matrix = matrices[from];
  if (matrix == null) return null;
  return { model: from, tensor: matrix.tensor, element: (map.row[row] ?? 0) * columns + (element % columns) };
}
