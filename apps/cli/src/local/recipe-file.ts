import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import {
  type Fault,
  mapStatistics,
  type ParsedRecipe,
  type ParseOptions,
  type PerModel,
  parseRecipeStages,
  type Recipe,
  type RecipeStage,
  RefusedError,
  statisticsIn,
} from "@amalgam/engine/merge";
import { Refusal, refusal } from "../failure.ts";
import { findModel, ModelMissing, type Surroundings } from "./find-model.ts";

/** A recipe with its models as folders or files on this machine, in the order of the recipe. */
export interface LocalRecipe extends ParsedRecipe {
  readonly base: string | null;
  readonly parents: readonly string[];
  readonly adapters: { readonly base: string | null; readonly parents: readonly (string | null)[] };
  /** Files; whether they are there and fit, opening them tells */
  readonly statistics: PerModel<string>;
}

/** One step of a recipe file; where it uses the result of another step, that one's place stands for a folder. */
export interface LocalStage extends LocalRecipe {
  readonly name: string | null;
  readonly uses: readonly string[];
  /** Put before paths of faults: nothing when the file is one recipe */
  readonly path: readonly string[];
}

/** The steps of a recipe file, each after those that it uses; most files are one step. */
export async function readStages(file: string, options?: ParseOptions): Promise<RecipeStage[]> {
  const info = await stat(file).catch(() => null);
  if (!info) throw refusal("RECIPE_MISSING", `There is no recipe ${file}.`, [file]);
  if (!info.isFile()) throw refusal("RECIPE_MISSING", `${file} is not a file; a recipe is a YAML or JSON file.`, [file]);
  try {
    return parseRecipeStages(await readFile(file, "utf8"), options);
  } catch (error) {
    throw isOfSearch(error) ? withAdvice(error, file) : error;
  }
}

/** A recipe of amalgam df-merge has examples where that of a merge has statistics. */
const isOfSearch = (error: unknown): error is RefusedError =>
  error instanceof RefusedError &&
  error.faults.some(({ code, path: [head, , key] }) => code === "KEY_UNKNOWN" && head === "parents" && key === "data");

const withAdvice = ({ faults }: RefusedError, file: string): Refusal =>
  new Refusal([
    ...faults,
    {
      code: "RECIPE_OF_SEARCH",
      message: `Parents with data are for amalgam df-merge ${file} OUT, which looks for their λ.`,
      path: ["parents"],
    },
  ]);

/** Reads a file that must be one recipe. */
export async function readRecipe(file: string, options?: ParseOptions): Promise<ParsedRecipe> {
  const [first, ...others] = await readStages(file, options);
  if (first !== undefined && others.length === 0) return first;
  const count = others.length + 1;
  throw refusal(
    "STAGES_UNSUPPORTED",
    `${file} has ${count} steps, which only amalgam merge and amalgam check can follow; make a file of each step.`,
    [file],
  );
}

/** Where the result of a step will be. */
export type PlaceOf = (stage: string) => string;

/** A place that stands for the result of a step before it is made. */
export const placeholder: PlaceOf = (stage) => `step ${JSON.stringify(stage)}`;

/** Reads all steps of a recipe file and finds every model; all that are missing are told at once. */
export async function readLocalStages(
  file: string,
  { seed, placeOf = placeholder }: { readonly seed?: number | undefined; readonly placeOf?: PlaceOf } = {},
): Promise<LocalStage[]> {
  const stages = await readStages(file);
  const surroundings = { folder: path.dirname(path.resolve(file)), env: process.env, cwd: process.cwd() };
  const faults: Fault[] = [];
  const local: LocalStage[] = [];
  for (const stage of stages) {
    const place = stages.length === 1 ? [] : [stage.name ?? "last"];
    local.push(await locate(withSeed(stage, seed), { path: place, placeOf, surroundings, faults }));
  }
  if (faults.length > 0) throw new Refusal(faults);
  return local;
}

/** Reads a file that must be one recipe whose models are all here. */
export async function readLocalRecipe(file: string, seed: number | undefined): Promise<LocalRecipe> {
  await readRecipe(file);
  const [only] = await readLocalStages(file, { seed });
  if (only === undefined) throw new Error("A recipe file has at least one step.");
  const { name: _name, uses: _uses, path: _path, ...recipe } = only;
  return recipe;
}

const withSeed = <S extends { readonly recipe: Recipe }>(stage: S, seed: number | undefined): S =>
  seed === undefined ? stage : { ...stage, recipe: { ...stage.recipe, seed } };

interface Locating {
  readonly path: readonly string[];
  readonly placeOf: PlaceOf;
  readonly surroundings: Surroundings;
  readonly faults: Fault[];
}

async function locate(stage: RecipeStage, { path: place, placeOf, surroundings, faults }: Locating): Promise<LocalStage> {
  const notes: string[] = [...stage.notes];
  const find = async (text: string, where: readonly (string | number)[]): Promise<string> => {
    if (stage.uses.includes(text)) return placeOf(text);
    try {
      const { location, note } = await findModel(text, [...place, ...where.map(String)], surroundings);
      if (note !== null && !notes.includes(note)) notes.push(note);
      return location;
    } catch (error) {
      if (!(error instanceof ModelMissing)) throw error;
      faults.push(error.fault);
      return text;
    }
  };
  const { base, baseAdapter, parents } = stage.recipe;
  const found = {
    base: base === null ? null : await find(base, ["base"]),
    baseAdapter: baseAdapter === null ? null : await find(baseAdapter, ["baseAdapter"]),
    parents: [] as string[],
    adapters: [] as (string | null)[],
  };
  for (const [i, { model, adapter }] of parents.entries()) {
    found.parents.push(await find(model, ["parents", i, "model"]));
    found.adapters.push(adapter === undefined ? null : await find(adapter, ["parents", i, "adapter"]));
  }
  const adapters = { base: found.baseAdapter, parents: found.adapters };
  // Files, which count from the recipe's folder as its models do.
  const statistics = mapStatistics(statisticsIn(stage.recipe), (ref) => path.resolve(surroundings.folder, ref));
  return { ...stage, notes, base: found.base, parents: found.parents, adapters, statistics, path: place };
}
