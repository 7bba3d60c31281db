import { type ArithmeticDtype, byteLength, type Dtype, elementCount, isArithmetic, isFloat } from "../tensor/dtype.ts";
import { headPatterns, matchesGlob } from "./architectures.ts";
import type { Space } from "./define-method.ts";
import { expressionOf, passesOf } from "./expression.ts";
import { type Fault, fault, RefusedError } from "./fault.ts";
import { methodOf, type Recipe } from "./recipe.ts";

/** What a plan reads of a checkpoint: no tensor bytes. */
export interface CheckpointHeader {
  /** Name for messages */
  readonly label: string;
  /** config.json, when there is one */
  readonly config: Readonly<Record<string, unknown>> | null;
  readonly space: Space;
  readonly tensors: readonly { readonly name: string; readonly dtype: Dtype; readonly shape: readonly number[] }[];
}

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
const maxFaultsPerModel = 20;

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

function checkSpaces(recipe: Recipe, base: CheckpointHeader | null, parents: readonly CheckpointHeader[]): Fault[] {
  const method = methodOf(recipe);
  const faults = parents.flatMap(({ label, space }, i) =>
    method.accepts.includes(space)
      ? []
      : [fault("SPACE_MISMATCH", `${label} is a task vector; ${method.title} needs weights.`, ["parents", i])],
  );
  if (base?.space === "delta")
    faults.unshift(fault("SPACE_MISMATCH", `${base.label} is a task vector; a base must hold weights.`, ["base"]));
  return faults;
}

/** Path in the recipe of the k-th model, base first. */
const pathOf = (recipe: Recipe, k: number): (string | number)[] => {
  if (recipe.base === null) return ["parents", k];
  return k === 0 ? ["base"] : ["parents", k - 1];
};

type Tensors = CheckpointHeader["tensors"];

function checkTensors(recipe: Recipe, models: readonly CheckpointHeader[]): Fault[] {
  const [reference, ...others] = models;
  if (reference === undefined) return [];
  const faults = reference.tensors.flatMap((tensor) => checkType(tensor, reference, pathOf(recipe, 0)));
  others.forEach((model, i) => {
    const found = compare(recipe, reference, model, pathOf(recipe, i + 1));
    faults.push(...found.slice(0, maxFaultsPerModel));
    if (found.length > maxFaultsPerModel) {
      const more = `${found.length - maxFaultsPerModel} more tensors of ${model.label} do not match ${reference.label}.`;
      faults.push(fault("TENSOR_MISMATCH", more, pathOf(recipe, i + 1)));
    }
  });
  return faults;
}

/** 64-bit and 8-bit floats cannot be widened to f32 without loss or scale, so they are refused by name. */
function checkType({ name, dtype }: Tensors[number], model: CheckpointHeader, path: readonly (string | number)[]): Fault[] {
  if (isArithmetic(dtype) || !isFloat(dtype)) return [];
  return [
    fault(
      "DTYPE_UNSUPPORTED",
      `Tensor ${name} of ${model.label} is ${dtype}; merges compute on F32, F16 and BF16. Convert or exclude it.`,
      path,
    ),
  ];
}

function compare(
  recipe: Recipe,
  reference: CheckpointHeader,
  model: CheckpointHeader,
  path: readonly (string | number)[],
): Fault[] {
  const mine = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const theirs = new Set(reference.tensors.map(({ name }) => name));
  const advice = "exclude it or use checkpoints of the same architecture";
  const faults = reference.tensors.flatMap((expected) => {
    const { name } = expected;
    const tensor = mine.get(name);
    if (tensor === undefined)
      return [fault("TENSOR_MISSING", `Tensor ${name} is in ${reference.label} but not in ${model.label}; ${advice}.`, path)];
    if (tensor.shape.join() !== expected.shape.join()) {
      const shapes = `[${tensor.shape.join(", ")}] in ${model.label} but [${expected.shape.join(", ")}] in ${reference.label}`;
      return [fault("SHAPE_MISMATCH", `Tensor ${name} has shape ${shapes}; only equal shapes can be merged.`, path)];
    }
    return checkSameType(recipe, [expected, tensor], [reference, model], path);
  });
  for (const { name } of model.tensors) {
    if (!theirs.has(name))
      faults.push(
        fault("TENSOR_UNEXPECTED", `Tensor ${name} is in ${model.label} but not in ${reference.label}; ${advice}.`, path),
      );
  }
  return faults;
}

type Pair<T> = readonly [expected: T, actual: T];

function checkSameType(
  recipe: Recipe,
  [expected, tensor]: Pair<Tensors[number]>,
  [reference, model]: Pair<CheckpointHeader>,
  path: readonly (string | number)[],
): Fault[] {
  const { name, dtype } = tensor;
  if (dtype === expected.dtype) return [];
  const both = `${dtype} in ${model.label} but ${expected.dtype} in ${reference.label}`;
  if (!isArithmetic(dtype) || !isArithmetic(expected.dtype)) return [fault("DTYPE_MISMATCH", `Tensor ${name} is ${both}.`, path)];
  // Task vectors are always F32; and with `dtype` the recipe has said which type it wants out of a mix.
  if (model.space === "delta" || recipe.dtype !== null || methodOf(recipe).output === "delta") return [];
  return [fault("DTYPE_MISMATCH", `Tensor ${name} is ${both}; set "dtype" in the recipe to merge a mix of types.`, path)];
}

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
