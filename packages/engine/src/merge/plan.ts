import { type ArithmeticDtype, byteLength, type Dtype, elementCount, isArithmetic } from "../tensor/dtype.ts";
import { headPatterns, matchesGlob } from "./architectures.ts";
import { checkSpaces, checkTensors } from "./check-headers.ts";
import type { CheckpointHeader } from "./checkpoint-header.ts";
import type { Space } from "./define-method.ts";
import { expressionOf, passesOf } from "./expression.ts";
import { fault, RefusedError } from "./fault.ts";
import { methodOf, type Recipe } from "./recipe.ts";

export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Storage type of the result */
  readonly dtype: Dtype;
  /** Storage types of the inputs, base first when there is one */
  readonly inputs: readonly Dtype[];
  /** merge: computed; copy: equal in all inputs, which the run verifies byte by byte */
  readonly action: "merge" | "copy";
  readonly elements: number;
  readonly sizeBytes: number;
}

export interface Plan {
  readonly recipe: Recipe;
  readonly tensors: readonly PlannedTensor[];
  /** Names left out of the result because a glob of `exclude` matches */
  readonly excluded: readonly string[];
  /** Names copied because integers and booleans are never averaged */
  readonly copied: readonly string[];
  readonly output: Space;
  /** All passes over the inputs together */
  readonly readBytes: number;
  readonly writeBytes: number;
  peakMemoryBytes(threads: number, tileBytes?: number): number;
  readonly secondsForecast: number;
  readonly notes: readonly string[];
}

export const defaultTileBytes = 1 << 18;
/** Measured: the process with its modules loaded, and each worker thread, without tiles. */
const processBytes = 75e6;
const workerBytes = 12e6;
/** Bytes read and written in a second on two ordinary cores with a warm page cache. */
const forecastBytesPerSecond = 1.5e9;
const startSeconds = 0.2;

/** Headers of a merge in the order of the recipe. */
export interface MergeHeaders {
  readonly base: CheckpointHeader | null;
  readonly parents: readonly CheckpointHeader[];
}

/**
 * Decides everything about a merge from headers alone: which tensors are merged, copied or left out, and what it will cost.
 * @throws RefusedError with every mismatch located: tensors that differ in name, shape or type, deltas where weights are expected
 */
export function plan(recipe: Recipe, { base, parents }: MergeHeaders): Plan {
  const method = methodOf(recipe);
  const models = base === null ? parents : [base, ...parents];
  const [reference] = models;
  if (parents.length !== recipe.parents.length || reference === undefined || (base === null) === method.needsBase) {
    throw new Error("plan() needs the headers of every model of the recipe.");
  }
  const globs = recipe.exclude ?? headPatterns(models.map(({ config }) => config));
  const isExcluded = (name: string) => globs.some((glob) => matchesGlob(glob, name));
  const kept = models.map((model) => ({ ...model, tensors: model.tensors.filter(({ name }) => !isExcluded(name)) }));
  const faults = [...checkSpaces(recipe, base, parents), ...checkTensors(recipe, kept)];
  if (faults.length > 0) throw new RefusedError(faults);

  const tensors = planTensors(recipe, kept);
  if (tensors.length === 0)
    throw new RefusedError([fault("NOTHING_TO_MERGE", "Every tensor is excluded, so there is nothing to merge.", ["exclude"])]);
  const excluded = [...new Set(models.flatMap((model) => model.tensors.map(({ name }) => name).filter(isExcluded)))].sort();
  const writeBytes = total(tensors.map(({ sizeBytes }) => sizeBytes));
  const passes = passesOf(
    expressionOf(
      recipe,
      parents.map(({ space }) => space),
    ),
  );
  const readBytes = total(
    tensors.flatMap(({ inputs, shape, action }) =>
      inputs.map((dtype) => byteLength(dtype, shape) * (action === "merge" ? passes : 1)),
    ),
  );
  return {
    recipe,
    tensors,
    excluded,
    copied: tensors.filter(({ action }) => action === "copy").map(({ name }) => name),
    output: method.output,
    readBytes,
    writeBytes,
    peakMemoryBytes: (threads, tileBytes = defaultTileBytes) =>
      processBytes + threads * (workerBytes + (models.length + 1) * tileBytes),
    secondsForecast: startSeconds + (readBytes + writeBytes) / forecastBytesPerSecond,
    notes: describe(recipe, globs, excluded.length, tensors),
  };
}

const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

function planTensors(recipe: Recipe, models: readonly CheckpointHeader[]): PlannedTensor[] {
  const byName = models.map(({ tensors }) => new Map(tensors.map((tensor) => [tensor.name, tensor])));
  const isDelta = methodOf(recipe).output === "delta";
  return (models[0]?.tensors ?? []).map(({ name, dtype, shape }) => {
    const inputs = byName.map((tensors) => tensors.get(name)?.dtype ?? dtype);
    const stored: ArithmeticDtype | null = isDelta ? "F32" : recipe.dtype;
    const result = isArithmetic(dtype) ? (stored ?? dtype) : dtype;
    const action = isArithmetic(dtype) ? "merge" : "copy";
    return {
      name,
      shape,
      dtype: result,
      inputs,
      action,
      elements: elementCount(shape),
      sizeBytes: byteLength(result, shape),
    } as const;
  });
}

function describe(recipe: Recipe, globs: readonly string[], excluded: number, tensors: readonly PlannedTensor[]): string[] {
  const notes: string[] = [];
  const plural = (n: number) => `${n} ${n === 1 ? "tensor" : "tensors"}`;
  if (excluded > 0)
    notes.push(
      `${plural(excluded)} left out by ${globs.join(", ")}${recipe.exclude === null ? " (heads of the architecture)" : ""}.`,
    );
  const copied = tensors.filter(({ action }) => action === "copy").length;
  if (copied > 0) notes.push(`${plural(copied)} of integers copied; the run checks that they are equal in all models.`);
  const zero = recipe.parents.filter(({ model }) => model === recipe.base).map(({ model }) => model);
  for (const model of zero) notes.push(`${model} is the base itself, so its task vector is zero.`);
  return notes;
}
