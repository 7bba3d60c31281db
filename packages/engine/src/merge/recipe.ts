import type { ArithmeticDtype } from "../tensor/dtype.ts";
import { checkRecipe } from "./check-recipe.ts";
import type { Coefficients, MergeMethod } from "./define-method.ts";
import { type Fault, RefusedError, refuse } from "./fault.ts";
import { methods } from "./methods/index.ts";
import { envelope, toFaults } from "./recipe-envelope.ts";
import { ownOf, readModels, readParameters } from "./recipe-models.ts";
import { isVarying, type Scalar, type Setting, type Settings, scalarsOf } from "./settings.ts";
import type { TokenizerPolicy } from "./tokenizer/tokenizer-policy.ts";

export { duplicateParent } from "./check-recipe.ts";
export { maxParents } from "./recipe-envelope.ts";
export { ownOf } from "./recipe-models.ts";

/** What to merge and how; everything that decides the bytes of the result. Defaults are filled in. */
export interface Recipe {
  readonly version: 1;
  /** Id of a method of the engine */
  readonly method: string;
  /** Reference of the base; null when there is none */
  readonly base: string | null;
  /** Adapter that is baked into the base before the merge */
  readonly baseAdapter: string | null;
  /** References of what was measured of the base; absent when the recipe names nothing */
  readonly baseStatistics?: readonly string[];
  readonly parents: readonly RecipeParent[];
  /** As the method's schema gives them, defaults included */
  readonly parameters: Settings;
  /** Layers to stack, in order; null: every layer of the reference, once */
  readonly slices: readonly RecipeSlice[] | null;
  /** Globs of tensors to leave out; null: the heads known for the architecture */
  readonly exclude: readonly string[] | null;
  /** Storage type of the result; null: that of the base (else the first parent), tensor by tensor */
  readonly dtype: ArithmeticDtype | null;
  readonly seed: number;
  /** null: the models must have the same vocabulary, and the tokenizer is copied */
  readonly tokenizer: TokenizerPolicy | null;
  /** auto, or a Jinja template; null: copied with the tokenizer */
  readonly chatTemplate: string | null;
}

/** A parent; what the method knows for each one stands flat beside its name, as in the text. */
export interface RecipeParent {
  /** Reference: a registry ref or a local folder */
  readonly model: string;
  /** Reference of a LoRA adapter that is baked into the model before the merge */
  readonly adapter?: string;
  /** References of what was measured of the model; opaque here: who runs the merge gives the files */
  readonly statistics?: readonly string[];
  readonly [own: string]: Setting | undefined;
}

/** Layers of one model in a slice. Settings go before those of the parent of that name. */
export interface RecipeSource extends RecipeParent {
  /** From the first, to the second not included */
  readonly layers: readonly [number, number];
}

/** Layers of the result, made of equally many layers of each source. */
export interface RecipeSlice {
  readonly sources: readonly RecipeSource[];
  /** Go before those of the recipe */
  readonly parameters?: Settings;
}

export interface ParseOptions {
  /** "later": a recipe may leave out statistics that its method needs; who runs the merge then has them measured. Default: named */
  readonly statistics?: "named" | "later" | undefined;
}

/**
 * Reads a recipe in native form. Unknown keys, wrong types and values without meaning are refused, each with its path.
 * @throws RefusedError
 */
export function parseRecipe(value: unknown, { statistics = "named" }: ParseOptions = {}): Recipe {
  const read = envelope.safeParse(value, { reportInput: true });
  if (!read.success) throw new RefusedError(toFaults(read.error));
  const { data } = read;
  const method = findMethod(data.method);
  const faults: Fault[] = [];
  const parameters = readParameters(method, data.parameters, ["parameters"], "default", faults);
  const { base, parents, slices } = readModels(method, data, faults);
  const recipe: Recipe = {
    version: 1,
    method: method.id,
    base: base?.model ?? null,
    baseAdapter: base?.adapter ?? null,
    ...(data.baseStatistics == null || data.baseStatistics.length === 0 ? {} : { baseStatistics: data.baseStatistics }),
    parents,
    parameters,
    slices,
    exclude: data.exclude ?? null,
    dtype: data.dtype ?? null,
    seed: data.seed,
    tokenizer: data.tokenizer ?? null,
    chatTemplate: data.chatTemplate ?? null,
  };
  faults.push(...checkRecipe(method, recipe, { isComplete: faults.length === 0, areMeasuredLater: statistics === "later" }));
  if (faults.length > 0) throw new RefusedError(faults);
  return recipe;
}

function findMethod(id: string): MergeMethod {
  const method = methods.find((each) => each.id === id);
  if (method !== undefined) return method;
  const there = methods.map((each) => each.id).join(", ");
  throw refuse("METHOD_UNKNOWN", `There is no merge method ${JSON.stringify(id.slice(0, 100))}. There are: ${there}.`, [
    "method",
  ]);
}

/** The method that a parsed recipe names. */
export const methodOf = (recipe: Pick<Recipe, "method">): MergeMethod => findMethod(recipe.method);

/** Probes of a varying setting: enough to see whether a coefficient depends on it. */
const maxProbes = 32;

/**
 * How much of each parent is in the result of a recipe. A coefficient that varies over the model has no number, and a stack of
 * slices gives none at all.
 */
export function coefficientsOf(recipe: Recipe): Coefficients {
  const method = methodOf(recipe);
  const owns = recipe.parents.map(ownOf);
  if (recipe.slices !== null) return { base: null, parents: owns.map(() => null) };
  const varying = [recipe.parameters, ...owns].flatMap((settings) => Object.values(settings).filter(isVarying));
  const probes = Math.max(1, ...varying.map((setting) => scalarsOf(setting).length));
  const found = Array.from({ length: Math.min(probes, maxProbes) }, (_, k) =>
    method.coefficients(
      owns.map((own) => probe(own, k)),
      probe(recipe.parameters, k),
    ),
  );
  const agreed = (values: readonly (number | null)[]): number | null => {
    const [first = null] = values;
    return first !== null && Number.isFinite(first) && values.every((value) => value === first) ? first : null;
  };
  return {
    base: agreed(found.map(({ base }) => base)),
    parents: owns.map((own, i) =>
      Object.values(own).some(isVarying) ? null : agreed(found.map(({ parents }) => parents[i] ?? null)),
    ),
  };
}

const probe = (settings: Settings, k: number): Record<string, Scalar> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => {
      const scalars = scalarsOf(setting);
      return [name, scalars[k % scalars.length] ?? 0];
    }),
  );
