import { parseRecipe, type Recipe, RefusedError } from "@amalgam/engine/merge";
import type { Space } from "@amalgam/engine/tune";

/** The one factor of task arithmetic that its baseline tunes, in this many trials. */
export const scaleBudget = 6;
export const scaleSpace: Space = [{ name: "lambda", kind: "float", low: 0, high: 2 }];

/** Of a method that the study is judged against: the same models and the same way of writing them. Null when it cannot merge these. */
function baseline(recipe: Recipe, method: string, parameters: Record<string, number>, base: string | null): Recipe | null {
  if (recipe.slices !== null) return null;
  const { dtype, exclude, seed, tokenizer, chatTemplate } = recipe;
  const parents = recipe.parents.map(({ model }) => ({ model }));
  const whole = { method, parents, parameters, base, dtype, exclude, seed, tokenizer, chatTemplate };
  const given = Object.entries(whole).filter(([, value]) => value !== null);
  try {
    return parseRecipe(Object.fromEntries(given));
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

/** The plain average: of task vectors where parents may be such, which takes the base. */
export function averageRecipe(recipe: Recipe, hasDeltas: boolean): Recipe | null {
  const count = recipe.parents.length;
  if (count < 2) return null;
  if (!hasDeltas) return baseline(recipe, "linear", {}, null);
  return recipe.base === null ? null : scaledRecipe(recipe, 1 / count);
}

/** Task arithmetic at one factor for all; null without a base. */
export const scaledRecipe = (recipe: Recipe, lambda: number): Recipe | null =>
  recipe.base === null ? null : baseline(recipe, "task_arithmetic", { lambda }, recipe.base);

/** Whether a study is task arithmetic at one scale itself, so that the baseline would be the study again. */
export const isScaleStudy = (recipe: Recipe, space: Space): boolean =>
  recipe.method === "task_arithmetic" && space.length === 1 && space[0]?.name === "lambda";
