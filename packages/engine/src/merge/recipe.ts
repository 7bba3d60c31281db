import { z } from "zod";
import { type ArithmeticDtype, arithmeticDtypes } from "../tensor/dtype.ts";
import type { MergeMethod } from "./define-method.ts";
import { type Fault, fault, RefusedError, refuse } from "./fault.ts";
import { methods } from "./methods/index.ts";

export const maxParents = 64;
const maxGlobs = 1000;

/** What to merge and how; everything that decides the bytes of the result. Defaults are filled in. */
export interface Recipe {
  readonly version: 1;
  /** Id of a method of the engine */
  readonly method: string;
  /** Reference of the base; null when the method needs none */
  readonly base: string | null;
  readonly parents: readonly RecipeParent[];
  /** As the method's schema gives them, defaults included */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Globs of tensors to leave out; null: the heads known for the architecture */
  readonly exclude: readonly string[] | null;
  /** Storage type of the result; null: that of the base (else the first parent), tensor by tensor */
  readonly dtype: ArithmeticDtype | null;
  readonly seed: number;
}

export interface RecipeParent {
  /** Reference: a registry ref or a local folder */
  readonly model: string;
  /** 1 for methods without weights */
  readonly weight: number;
}

const reference = z.string().trim().min(1).max(4096);

const envelope = z.strictObject({
  version: z.literal(1).default(1),
  method: z.string(),
  base: reference.nullish(),
  parents: z
    .array(z.strictObject({ model: reference, weight: z.number().min(-1e6).max(1e6).optional() }))
    .min(1, "A merge needs at least one parent.")
    .max(maxParents, `A merge takes at most ${maxParents} parents.`),
  parameters: z.record(z.string(), z.unknown()).default({}),
  exclude: z.array(z.string().min(1).max(1024)).max(maxGlobs).nullish(),
  dtype: z.enum(arithmeticDtypes).nullish(),
  seed: z.int().min(0).default(0),
});

/**
 * Reads a recipe in native form. Unknown keys, wrong types and values without meaning are refused, each with its path.
 * @throws RefusedError
 */
export function parseRecipe(value: unknown): Recipe {
  const read = envelope.safeParse(value, { reportInput: true });
  if (!read.success) throw new RefusedError(toFaults(read.error));
  const { data } = read;
  const method = methods.find(({ id }) => id === data.method);
  if (method === undefined) throw refuse("METHOD_UNKNOWN", unknownMethod(data.method), ["method"]);
  const parameters = z.strictObject(method.params.shape).safeParse(data.parameters, { reportInput: true });
  const parents = data.parents.map(({ model, weight }) => ({ model, weight: weight ?? method.perParent.weight?.default ?? 1 }));
  const faults = [
    ...(parameters.success ? [] : toFaults(parameters.error, ["parameters"])),
    ...checkParents(method, data),
    ...(data.base == null && method.needsBase
      ? [fault("BASE_MISSING", `${method.title} needs a base; add "base" to the recipe.`, ["base"])]
      : []),
    ...(data.base != null && !method.needsBase
      ? [fault("BASE_UNUSED", `${method.title} takes no base; remove "base" from the recipe.`, ["base"])]
      : []),
    ...checkDtype(method, data.dtype ?? null),
  ];
  if (parameters.success)
    faults.push(
      ...method.check(
        parents.map(({ weight }) => weight),
        parameters.data,
      ),
    );
  if (faults.length > 0 || !parameters.success) throw new RefusedError(faults);
  return {
    version: 1,
    method: method.id,
    base: data.base ?? null,
    parents,
    parameters: parameters.data,
    exclude: data.exclude ?? null,
    dtype: data.dtype ?? null,
    seed: data.seed,
  };
}

/** The method that a parsed recipe names. */
export function methodOf(recipe: Recipe): MergeMethod {
  const method = methods.find(({ id }) => id === recipe.method);
  if (method === undefined) throw refuse("METHOD_UNKNOWN", unknownMethod(recipe.method), ["method"]);
  return method;
}

/** How much of each parent is in the result of a recipe. */
export const coefficientsOf = (recipe: Recipe) =>
  methodOf(recipe).coefficients(
    recipe.parents.map(({ weight }) => weight),
    recipe.parameters,
  );

const unknownMethod = (id: string): string =>
  `There is no merge method ${JSON.stringify(id.slice(0, 100))}. There are: ${methods.map((method) => method.id).join(", ")}.`;

function checkParents(method: MergeMethod, { parents }: z.output<typeof envelope>): Fault[] {
  const faults: Fault[] = [];
  const { min, max } = method.arity;
  if (parents.length < min || (max !== null && parents.length > max)) {
    const wanted = min === max ? `exactly ${min}` : `at least ${min}`;
    faults.push(
      fault("PARENT_COUNT", `${method.title} takes ${wanted} ${min === 1 ? "parent" : "parents"}, not ${parents.length}.`, [
        "parents",
      ]),
    );
  }
  parents.forEach(({ model, weight }, i) => {
    // 1 is what a parsed recipe carries here: it must parse to itself.
    if (weight !== undefined && weight !== 1 && method.perParent.weight === undefined) {
      faults.push(fault("KEY_UNKNOWN", `${method.title} takes no weight for a parent.`, ["parents", i, "weight"]));
    }
    if (parents.findIndex((parent) => parent.model === model) < i) faults.push(duplicateParent(method, model, i));
  });
  return faults;
}

/** A parent listed twice: for weighted methods it is another spelling of a larger weight, for the others it has no meaning. */
export function duplicateParent(method: MergeMethod, label: string, position: number): Fault {
  const advice = method.perParent.weight === undefined ? "name two different models" : "list it once and add the weights";
  return fault("PARENT_TWICE", `The parent ${label} is listed twice; ${advice}.`, ["parents", position, "model"]);
}

function checkDtype(method: MergeMethod, dtype: ArithmeticDtype | null): Fault[] {
  if (method.output === "weights" || dtype === null || dtype === "F32") return [];
  return [
    fault("DTYPE_UNSUPPORTED", `${method.title} writes F32 so that nothing of the difference is lost; remove "dtype".`, [
      "dtype",
    ]),
  ];
}

/** Validation issues as faults. */
function toFaults(error: z.ZodError, prefix: readonly string[] = []): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)];
    const where = path.length === 0 ? "The recipe" : path.join(".");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) =>
        fault("KEY_UNKNOWN", `${where} has no key ${JSON.stringify(key.slice(0, 100))}; check its spelling.`, [...path, key]),
      );
    }
    const missing = issue.code === "invalid_type" && issue.input === undefined;
    if (missing) return [fault("KEY_MISSING", `${where} is missing.`, path)];
    return [fault("VALUE_INVALID", `${where}: ${issue.message.replace(/\.?$/, ".")}`, path)];
  });
}
