import { type Element, input } from "../expr/expr.ts";
import { broadcasts, reductions } from "../expr/numeric.ts";
import type { Space } from "./define-method.ts";
import { methodOf, type Recipe } from "./recipe.ts";

/** The expression of a recipe for every tensor. Inputs are numbered base first (when there is one), then the parents. */
export function expressionOf(recipe: Recipe, parentSpaces: readonly Space[]): Element {
  const hasBase = recipe.base !== null;
  const first = hasBase ? 1 : 0;
  return methodOf(recipe).build({
    base: hasBase ? input(0) : null,
    parents: recipe.parents.map(({ weight }, i) => ({ value: input(first + i), space: parentSpaces[i] ?? "weights", weight })),
    params: recipe.parameters,
  });
}

/** How often a tensor is read: once, and once more before when numbers of the whole tensor are needed. */
export const passesOf = (expr: Element): number => (reductions(broadcasts(expr)).length > 0 ? 2 : 1);
