import { quote } from "../../formats/json-scanner.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { type RefusedError, refuse } from "../fault.ts";
import type { Plan } from "../plan.ts";
import { pathOf as modelPath } from "../check-headers.ts";
import type { TileFault } from "./tile-worker.ts";

/** The fault of a tile in words: names the tensor, the model and what to do. */
export function explainFault(
  { tensor, problem }: TileFault,
  { recipe, sources }: Plan,
  models: readonly Checkpoint[],
  outDir: string,
): RefusedError | Error {
  const inputs = sources.find(({ name }) => name === tensor)?.inputs ?? [];
  const modelOf = (input: number) => inputs[input]?.model ?? input;
  const labelOf = (input: number) => models[modelOf(input)]?.header.label ?? "";
  const pathOf = (input: number) => modelPath(recipe, modelOf(input));
  const name = quote(tensor);
  switch (problem.kind) {
    case "non-finite": {
      const where = `Tensor ${name} of ${labelOf(problem.input)} holds NaN or infinity (first at element ${problem.element})`;
      return refuse("NON_FINITE", `${where}; repair or leave out this model.`, pathOf(problem.input));
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
