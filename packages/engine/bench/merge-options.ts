import { join } from "node:path";
import { type MergeOptions, parseRecipe } from "@amalgam/engine/merge";

export interface Models {
  readonly root: string;
  readonly base: string;
  readonly parents: readonly string[];
}

const withoutBase = ["linear", "slerp"];
export const usesBase = (method: string): boolean => !withoutBase.includes(method);

/** The parents that a method takes. */
export const parentsFor = (method: string, { parents }: Models): readonly string[] =>
  method === "slerp" ? parents.slice(0, 2) : parents;

/** The recipe of a method with its defaults. */
export function recipeFor(method: string, models: Models): Readonly<Record<string, unknown>> {
  const base = usesBase(method) ? { base: models.base } : {};
  return { method, parents: parentsFor(method, models).map((model) => ({ model })), ...base };
}

/** A merge that does nothing but merge: no digests of models or output, and the page cache is enough. */
export function optionsFor(method: string, models: Models): MergeOptions {
  return {
    recipe: parseRecipe(recipeFor(method, models)),
    base: usesBase(method) ? models.base : null,
    parents: parentsFor(method, models),
    outDir: join(models.root, "out"),
    digests: "skip",
    durable: false,
    hash: false,
  };
}
