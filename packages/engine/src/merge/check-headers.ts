import { isArithmetic, isFloat } from "../tensor/dtype.ts";
import type { CheckpointHeader } from "./checkpoint-header.ts";
import { type Fault, fault } from "./fault.ts";
import { methodOf, type Recipe } from "./recipe.ts";

/** Models of another architecture differ everywhere: this many tensors are named, the rest counted. */
const maxFaultsPerModel = 20;

/** Task vectors where weights are expected. */
export function checkSpaces(recipe: Recipe, base: CheckpointHeader | null, parents: readonly CheckpointHeader[]): Fault[] {
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

/** Every tensor that cannot be merged: other names, shapes or types than in the first model, or a type without arithmetic. */
export function checkTensors(recipe: Recipe, models: readonly CheckpointHeader[]): Fault[] {
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
