import { elementCount } from "../../tensor/dtype.ts";
import type { CheckpointHeader } from "../checkpoint-header.ts";
import type { MergeMethod } from "../define-method.ts";
import { type Fault, fault } from "../fault.ts";
import type { PlannedInput, PlannedSource } from "../planned.ts";
import type { Recipe } from "../recipe.ts";
import type { MergeState } from "./whole-tensor.ts";

/** Index in place of a model's of what the run itself has prepared. */
export const preparedModel = -1;

export const preparedInput = (tensor: string): PlannedInput => ({
  model: preparedModel,
  tensor,
  dtype: "F32",
  stored: "prepared",
});

/** The state that the first parent carries, if the method goes on from one. @throws RefusedError when it cannot be read */
export function stateOf({ prepare }: MergeMethod, parents: readonly CheckpointHeader[]): MergeState | null {
  const [first] = parents;
  const json = prepare?.state == null ? undefined : first?.states?.[prepare.state.file];
  if (json === undefined || first === undefined) return null;
  return prepare?.state?.read(json, first.label) ?? null;
}

/** What a method that prepares cannot do: numbers over the whole model need every parent at every tensor. */
export function checkPreparation({ prepare, title }: MergeMethod, { slices }: Recipe): Fault[] {
  if (prepare === null || slices === null) return [];
  return [fault("SLICES_UNSUPPORTED", `${title} merges whole models; stack layers with another method first.`, ["slices"])];
}

interface PreparationForecast {
  readonly readBytes: number;
  readonly scratchBytes: number;
  readonly seconds: number;
  /** Of whole tensors and what is computed from them, when the largest of them are under way together */
  memoryBytes(threads: number): number;
}

/** What computations on whole tensors cost. @param bytesOf what reading an input takes */
export function preparationForecast(
  { prepare }: MergeMethod,
  sources: readonly PlannedSource[],
  bytesOf: (input: PlannedInput, elements: number) => number,
): PreparationForecast {
  const works = sources.flatMap(({ name, shape, elements, prepare: preparation }) => {
    if (prepare === null || preparation === null) return [];
    const { inputs, parents } = preparation;
    const cost = prepare.cost({ name, shape, elements, parents: parents.length, statistic: parents[0]?.statistic ?? null });
    return [{ ...cost, readBytes: inputs.reduce((sum, input) => sum + bytesOf(input, elements), 0) }];
  });
  const largest = works.map(({ memoryBytes }) => memoryBytes).sort((a, b) => b - a);
  return {
    readBytes: works.reduce((sum, { readBytes }) => sum + readBytes, 0),
    scratchBytes:
      works.length === 0
        ? 0
        : sources.reduce((sum, { shape, prepare: each }) => sum + (each === null ? 0 : 4 * elementCount(shape)), 0),
    seconds: works.reduce((sum, { seconds }) => sum + seconds, 0),
    memoryBytes: (threads) => largest.slice(0, threads).reduce((sum, bytes) => sum + bytes, 0),
  };
}
