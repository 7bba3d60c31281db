import { methodOf, type Recipe } from "@amalgam/engine/merge";
import type { Space } from "@amalgam/engine/tune";
import { gridOf } from "../merges/choose-statistics.ts";
import type { StatisticsOptions } from "../merges/statistics-options.ts";
import { usualGrid } from "../statistics/measure-options.ts";
import { parseCoordinateName } from "./recipe-at.ts";

/**
 * Where each parent is measured so that no trial has to measure again: on a grid over all λ that its own may take. Null for a parent whose λ stays where it is, and where the
 * caller says which λ.
 */
export function searchGrid(
  recipe: Recipe,
  space: Space,
  options: StatisticsOptions,
): (parent: number) => readonly number[] | null {
  const none = () => null;
  if (methodOf(recipe).statistics?.at !== "scaled" || options.lambdas != null) return none;
  const coordinates = space.flatMap(({ name: text, low, high }) => {
    const place = parseCoordinateName(text);
    return place === null ? [] : [{ ...place, low, high }];
  });
  return (parent) => {
    const own = coordinates.filter(({ name, parent: of }) => name === "lambda" && (of === "all" || of === parent));
    if (own.length === 0) return null;
    const [low, high] = [Math.min(...own.map((each) => each.low)), Math.max(...own.map((each) => each.high))];
    // Where only some tensors are tuned, the others stay with the recipe.
    const rest = own.some(({ filter }) => filter === null)
      ? []
      : [recipe.parents[parent]?.["lambda"]].filter((each) => typeof each === "number");
    return gridOf(Math.min(low, ...rest), Math.max(high, ...rest), options.grid ?? usualGrid);
  };
}
