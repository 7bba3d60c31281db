import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { parseRecipeText, type Recipe } from "@amalgam/engine/merge";
import { type Fault, Refusal, refusal } from "../failure.ts";
import { printable } from "../terminal/format.ts";

export interface LocalRecipe {
  readonly recipe: Recipe;
  readonly notes: readonly string[];
  /** Folders or files on this machine, in the order of the recipe */
  readonly base: string | null;
  readonly parents: readonly string[];
}

export async function readRecipe(file: string): Promise<{ recipe: Recipe; notes: readonly string[] }> {
  const info = await stat(file).catch(() => null);
  if (!info) throw refusal("RECIPE_MISSING", `There is no recipe ${file}.`, [file]);
  if (!info.isFile()) throw refusal("RECIPE_MISSING", `${file} is not a file; a recipe is a YAML or JSON file.`, [file]);
  return parseRecipeText(await readFile(file, "utf8"));
}

const looksLikeRef = /^[\w.-]+\/[\w.-]+(@[\w.-]+)?$/;

async function locate(
  model: string,
  folder: string,
  where: readonly string[],
): Promise<{ location: string; fault: Fault | null }> {
  const location = path.resolve(folder, model);
  if (await stat(location).catch(() => null)) return { location, fault: null };
  const hint = looksLikeRef.test(model)
    ? " If it is a registered version, amalgam pull it first, or merge on the server with amalgam request."
    : "";
  const message = `${where.join(".")}: there is no folder or file ${printable(location, 400)}.${hint}`;
  return { location, fault: { code: "MODEL_MISSING", message, path: where } };
}

/** Reads a recipe whose models are local: relative paths count from the recipe's own folder, so that it can be moved with its models. */
export async function readLocalRecipe(file: string, seed: number | undefined): Promise<LocalRecipe> {
  const { recipe, notes } = await readRecipe(file);
  const folder = path.dirname(path.resolve(file));
  const base = recipe.base === null ? null : await locate(recipe.base, folder, ["base"]);
  const parents = await Promise.all(
    recipe.parents.map(({ model }, index) => locate(model, folder, ["parents", String(index), "model"])),
  );
  const faults = [base, ...parents].flatMap((each) => each?.fault ?? []);
  if (faults.length > 0) throw new Refusal(faults);
  return {
    recipe: seed === undefined ? recipe : { ...recipe, seed },
    notes,
    base: base?.location ?? null,
    parents: parents.map(({ location }) => location),
  };
}
