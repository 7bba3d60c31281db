import fs from "node:fs/promises";
import path from "node:path";
import { mergeToFolder, type Recipe, recipeIdentity } from "@amalgam/engine/merge";
import type { Params } from "@amalgam/engine/tune";
import type { Deps } from "../../deps.ts";
import type { TrialRole } from "../../generated/prisma/client.ts";
import { keysOf, loadUsed, stageStatistics } from "../merges/used-statistics.ts";
import { stageVersion } from "../models/stage-version.ts";
import { fault } from "../refuse.ts";
import { averageRecipe, scaledRecipe } from "./baseline-recipe.ts";
import { recipeAt } from "./recipe-at.ts";
import { StudyFault, type StudyModel, type StudyModels } from "./study-models.ts";

/** What a trial merges. @throws RefusedError when the method refuses the numbers */
export function trialRecipe(recipe: Recipe, models: StudyModels, { role, params }: { role: TrialRole; params: Params }): Recipe {
  if (role === "SEARCH") return recipeAt(recipe, params);
  const hasDeltas = models.parents.some(({ space }) => space === "delta");
  const found = role === "AVERAGE" ? averageRecipe(recipe, hasDeltas) : scaledRecipe(recipe, params["lambda"] ?? 0);
  if (found === null) throw new Error(`The study has a trial of role ${role} that its recipe does not allow.`);
  return found;
}

export interface MergedTrial {
  readonly folder: string;
  readonly identity: string;
  readonly seconds: number;
}

/**
 * Merges into a folder of its own. The bytes of the weights are those that the same recipe gives anywhere, but they are neither hashed nor synced: they are
 * read once and deleted. @throws StudyFault when a parent's bytes cannot be had
 */
export async function mergeTrial(
  deps: Deps,
  { recipe, models, scratch, signal }: { recipe: Recipe; models: StudyModels; scratch: string; signal: AbortSignal },
): Promise<MergedTrial> {
  const started = performance.now();
  const base = recipe.base === null ? null : models.base;
  const stage = (model: StudyModel, name: string) => stageModel(deps, model, { folder: path.join(scratch, name), signal });
  const basePath = base && (await stage(base, "base"));
  const parentPaths: string[] = [];
  for (const [i, parent] of models.parents.entries()) parentPaths.push(await stage(parent, `parent-${i}`));
  const used = await loadUsed(deps, recipe);
  const statistics = await stageStatistics(deps, recipe, used, { folder: path.join(scratch, "statistics"), signal });
  const folder = path.join(scratch, "out");
  const digests = { base: base?.digest ?? null, parents: models.parents.map(({ digest }) => digest) };
  await mergeToFolder({
    recipe,
    base: basePath,
    parents: parentPaths,
    statistics,
    outDir: folder,
    threads: deps.mergeThreads,
    labels: { base: base?.ref ?? null, parents: models.parents.map(({ ref }) => ref) },
    digests,
    durable: false,
    hash: false,
    signal,
  });
  return {
    folder,
    identity: recipeIdentity(recipe, digests, keysOf(recipe, used)),
    seconds: (performance.now() - started) / 1000,
  };
}

async function stageModel(
  deps: Deps,
  model: StudyModel,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<string> {
  try {
    await fs.mkdir(folder, { recursive: true });
    return await stageVersion(deps, { label: model.ref, files: model.files, folder, signal });
  } catch (error) {
    if (signal.aborted || ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    throw new StudyFault(fault("PARENT_UNREADABLE", `${model.ref}: ${(error as Error).message}`, ["recipe"]));
  }
}
