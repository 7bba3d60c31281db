import { lstat, mkdir, mkdtemp, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { type MergeOptions, type MergeReport, mergeToFolder, type Recipe } from "@amalgam/engine/merge";
import { refusal } from "../failure.ts";
import { checkStages } from "./check-stages.ts";
import { type LocalStage, readLocalStages } from "./recipe-file.ts";

type Inputs = "recipe" | "base" | "parents" | "adapters" | "statistics" | "labels" | "digests" | "durable" | "hash";

export type StageOptions = Omit<MergeOptions, Inputs> & {
  /** Overrides the seeds of the recipe */
  readonly seed?: number | undefined;
  /** Told before the work on each step begins, when there are several */
  readonly onStage?:
    | ((step: { readonly name: string | null; readonly number: number; readonly count: number }) => void)
    | undefined;
};

export interface StagesReport extends MergeReport {
  /** What reading the recipe had to say */
  readonly recipeNotes: readonly string[];
}

/** An earlier step, as amalgam.json of the result tells it. */
interface StageRecord {
  readonly name: string | null;
  readonly recipe: Recipe;
  readonly identity: string | null;
}

/**
 * Merges as a recipe file says, step by step. All steps are checked before any work. What steps make for others lies in a scratch
 * folder beside the result and is removed, whatever happens.
 */
export async function mergeRecipeFile(file: string, { seed, ...options }: StageOptions): Promise<StagesReport> {
  const stages = await readLocalStages(file, { seed });
  await checkStages(stages, { hashes: stages.length > 1 });
  const recipeNotes = stages.flatMap(({ notes }) => notes);
  const [only, ...others] = stages;
  if (only === undefined) throw new Error("A recipe file has at least one step.");
  const { onStage: _onStage, ...work } = options;
  const report =
    others.length === 0
      ? await mergeToFolder({ ...work, ...inputsOf(only, new Map()) })
      : await inScratch(path.resolve(options.outDir), (scratch) => mergeAll(stages, options, scratch));
  return { ...report, recipeNotes };
}

/** Makes a scratch folder beside the result for as long as the work takes. */
async function inScratch<T>(outDir: string, work: (scratch: string) => Promise<T>): Promise<T> {
  if (await lstat(outDir).catch(() => null))
    throw refusal("OUTPUT_EXISTS", `${outDir} exists already; choose another folder or remove it.`, ["outDir"]);
  const parent = path.dirname(outDir);
  const made = await mkdir(parent, { recursive: true });
  const scratch = await mkdtemp(`${outDir}.steps-`);
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(parent, made);
  }
}

/** Removes folders from the inner to the outer one as long as they are empty: after a success, or with files of others, they are not. */
async function removeEmpty(inner: string, outer: string): Promise<void> {
  for (let folder = inner; folder.length >= outer.length; folder = path.dirname(folder)) {
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}

async function mergeAll(
  stages: readonly LocalStage[],
  { onStage, ...options }: StageOptions,
  scratch: string,
): Promise<MergeReport> {
  /** Where the results of steps are, by name */
  const places = new Map<string, string>();
  const records: StageRecord[] = [];
  for (const [i, stage] of stages.slice(0, -1).entries()) {
    onStage?.({ name: stage.name, number: i + 1, count: stages.length });
    const outDir = path.join(scratch, String(i + 1));
    const { identity } = await mergeToFolder({ ...options, ...inputsOf(stage, places), outDir, resume: false, durable: false });
    records.push({ name: stage.name, recipe: stage.recipe, identity });
    if (stage.name !== null) places.set(stage.name, outDir);
    await removeUnused(stages.slice(i + 1), places);
  }
  const last = stages.at(-1);
  if (last === undefined) throw new Error("A recipe file has at least one step.");
  onStage?.({ name: last.name, number: stages.length, count: stages.length });
  return mergeToFolder({ ...options, ...inputsOf(last, places), manifest: { ...options.manifest, steps: records } });
}

/** The models of a step, with what earlier steps have made in place of their names. */
function inputsOf({ recipe, base, parents, adapters, statistics, uses }: LocalStage, places: ReadonlyMap<string, string>) {
  const found = (text: string | undefined, location: string): string =>
    (text !== undefined && uses.includes(text) ? places.get(text) : undefined) ?? location;
  return {
    recipe,
    base: base === null ? null : found(recipe.base ?? undefined, base),
    parents: parents.map((location, i) => found(recipe.parents[i]?.model, location)),
    adapters,
    statistics,
  };
}

/** Results that no later step uses only take room. */
async function removeUnused(left: readonly LocalStage[], places: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, place] of places) {
    if (!left.some(({ uses }) => uses.includes(name))) await rm(place, { recursive: true, force: true });
  }
}
