import { isArithmetic, isFloat } from "../tensor/dtype.ts";
import type { CheckpointHeader, TensorHeader } from "./checkpoint-header.ts";
import type { Space } from "./define-method.ts";
import { type Fault, fault } from "./fault.ts";
import { methodOf, type Recipe } from "./recipe.ts";

/** Models of another architecture differ everywhere: this many tensors are named, the rest counted. */
const maxFaultsPerModel = 20;

/** Task vectors where weights are expected, and the like. */
export function checkSpaces(recipe: Recipe, base: CheckpointHeader | null, parents: readonly CheckpointHeader[]): Fault[] {
  const method = methodOf(recipe);
  const holds = {
    weights: "weights",
    delta: "a task vector",
    tasks: "the vector and masks of several tasks",
    adapter: "an adapter",
  };
  const wanted = method.accepts.map((space) => holds[space]).join(" or ");
  const advice = (space: Space): string => {
    if (space === "adapter") return ': name the model that it belongs to as parent, and the adapter under "adapter:" there';
    return method.accepts.includes("adapter")
      ? ", a folder with adapter_config.json, which lora_extract can make of a model"
      : "";
  };
  const faults = parents.flatMap(({ label, space }, i) =>
    method.accepts.includes(space)
      ? []
      : [
          fault("SPACE_MISMATCH", `${label} is ${holds[space]}; ${method.title} needs ${wanted}${advice(space)}.`, [
            "parents",
            i,
          ]),
        ],
  );
  if (base !== null && base.space !== "weights")
    faults.unshift(
      fault(
        "SPACE_MISMATCH",
        `${base.label} is ${holds[base.space]}; a base must hold weights${base.space === "adapter" ? "; write the adapter under baseAdapter" : ""}.`,
        ["base"],
      ),
    );
  return faults;
}

/** Path in the recipe of the k-th model, base first. */
export const pathOf = (recipe: Recipe, k: number): (string | number)[] => {
  if (recipe.base === null) return ["parents", k];
  return k === 0 ? ["base"] : ["parents", k - 1];
};

/** A tensor of a model, or a gap where it should be. */
export interface Found {
  readonly model: number;
  readonly header: CheckpointHeader;
  readonly name: string;
  readonly tensor: TensorHeader | undefined;
}

/**
 * How rows of a tensor correspond. equal: one by one; tokens: one by one, and all models have the same tokenizer; aligned: a
 * tokenizer policy says how, so that there may be more in one model than in another.
 */
export type Rows = "equal" | "tokens" | "aligned";

/** Whether the tensors that are to be merged into one can be: present, equal in shape, of types with arithmetic. */
export function checkTogether(recipe: Recipe, [expected, ...others]: readonly Found[], rows: Rows): Fault[] {
  if (expected === undefined) return [];
  if (expected.tensor === undefined) return [missing(recipe, expected, null)];
  const faults = checkType(recipe, expected.tensor, expected);
  for (const found of others) {
    if (found.tensor === undefined) faults.push(missing(recipe, found, expected));
    else faults.push(...checkPair(recipe, rows, { ...expected, tensor: expected.tensor }, { ...found, tensor: found.tensor }));
  }
  return faults;
}

const advice = "exclude it or use checkpoints of the same architecture";

const missing = (recipe: Recipe, { model, header, name }: Found, reference: Found | null): Fault => {
  const where = reference === null ? "" : ` is in ${reference.header.label} but`;
  const isNot = reference === null ? "is not" : "not";
  return fault("TENSOR_MISSING", `Tensor ${name}${where} ${isNot} in ${header.label}; ${advice}.`, pathOf(recipe, model));
};

/** 64-bit and 8-bit floats cannot be widened to f32 without loss or scale, so they are refused by name. */
function checkType(recipe: Recipe, { name, dtype }: TensorHeader, { header, model }: Found): Fault[] {
  if (isArithmetic(dtype) || !isFloat(dtype)) return [];
  return [
    fault(
      "DTYPE_UNSUPPORTED",
      `Tensor ${name} of ${header.label} is ${dtype}; merges compute on F32, F16 and BF16. Convert or exclude it.`,
      pathOf(recipe, model),
    ),
  ];
}

type Present = Found & { readonly tensor: TensorHeader };

function checkPair(recipe: Recipe, rows: Rows, reference: Present, { model, header, tensor }: Present): Fault[] {
  const { name, dtype } = tensor;
  const path = pathOf(recipe, model);
  const expected = reference.tensor;
  const compared = rows === "aligned" ? 1 : 0;
  if (tensor.shape.slice(compared).join() !== expected.shape.slice(compared).join()) {
    const shapes = `[${tensor.shape.join(", ")}] in ${header.label} but [${expected.shape.join(", ")}] in ${reference.header.label}`;
    return [fault("SHAPE_MISMATCH", `Tensor ${name} has shape ${shapes}; ${shapeAdvice(recipe, rows, expected, tensor)}.`, path)];
  }
  if (dtype === expected.dtype) return [];
  const both = `${dtype} in ${header.label} but ${expected.dtype} in ${reference.header.label}`;
  if (!isArithmetic(dtype) || !isArithmetic(expected.dtype)) return [fault("DTYPE_MISMATCH", `Tensor ${name} is ${both}.`, path)];
  // Task vectors are always F32; and with `dtype` the recipe has said which type it wants out of a mix.
  if (header.space !== "weights" || recipe.dtype !== null || methodOf(recipe).output !== "weights") return [];
  return [fault("DTYPE_MISMATCH", `Tensor ${name} is ${both}; set "dtype" in the recipe to merge a mix of types.`, path)];
}

function shapeAdvice(
  { base, parents }: Recipe,
  rows: Rows,
  { name, shape: [, ...rest] }: TensorHeader,
  { shape }: TensorHeader,
): string {
  if (rows === "aligned") return "only the number of rows may differ";
  if (shape.slice(1).join() !== rest.join()) return "only equal shapes can be merged";
  const source = JSON.stringify(base === null ? parents[0]?.model : "base");
  if (rows === "tokens")
    return `the tokenizer is the same, so an extra vocabulary row belongs to no token: set "tokenizer": {"source": ${source}} in the recipe to leave it out`;
  const isVocabulary = /embed|wte|lm_head|shared/.test(name);
  return isVocabulary ? 'with another vocabulary, set "tokenizer" in the recipe' : "only equal shapes can be merged";
}

/** Tensors of a model that nothing in the result is made of. */
export function checkUnused(
  recipe: Recipe,
  model: number,
  header: CheckpointHeader,
  unused: readonly string[],
  reference: string,
): Fault[] {
  return unused.map((name) =>
    fault("TENSOR_UNEXPECTED", `Tensor ${name} is in ${header.label} but not in ${reference}; ${advice}.`, pathOf(recipe, model)),
  );
}

/** Keeps the first faults of each model and counts the rest. */
export function curtail(faults: readonly Fault[], describe: (path: readonly string[], count: number) => string): Fault[] {
  const byPath = new Map<string, Fault[]>();
  for (const each of faults) byPath.set(each.path.join("."), [...(byPath.get(each.path.join(".")) ?? []), each]);
  return [...byPath.values()].flatMap((found) => {
    const [first] = found;
    if (first === undefined || found.length <= maxFaultsPerModel) return found;
    const more = describe(first.path, found.length - maxFaultsPerModel);
    return [...found.slice(0, maxFaultsPerModel), fault("TENSOR_MISMATCH", more, first.path)];
  });
}
