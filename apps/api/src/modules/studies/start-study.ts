import { type Recipe, RefusedError } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Prisma, Study } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import type { GridFor } from "../merges/choose-statistics.ts";
import { type PreparedMerge, prepareMerge, readRecipe } from "../merges/prepare-merge.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { parseInput, refuse } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import { askForStatistics } from "../statistics/ask-for-statistics.ts";
import { engineVersionOf } from "./engine-version.ts";
import { askForExperts } from "./expert-scores.ts";
import { loadStudy } from "./load-study.ts";
import { anchorsOf } from "./recipe-at.ts";
import { searchGrid } from "./search-grid.ts";
import { spaceOf } from "./space-of.ts";
import { type StartInput, samplerNamed, startInput } from "./study-input.ts";
import { type ChosenTask, chooseTasks } from "./study-tasks.ts";

/** Starts a search for the numbers of a recipe; everything that could make it fail later is refused now, with its place. */
export async function startStudy(deps: Deps, actor: Actor, raw: unknown): Promise<Study> {
  authorise(actor, "write");
  const input = parseInput(startInput, raw);
  const { namespace, name, budget, seed, parallel, aggregate, aliases } = input;
  const taken = await deps.db.study.findUnique({ where: { namespace_name: { namespace, name } } });
  if (taken) refuseName(namespace, name);
  const grid = gridOver(readRecipe(input.recipe), input);
  const merge = await prepareMerge(deps, input.recipe, input.statistics, grid);
  if (merge.plan.output !== "weights")
    refuse("NOT_SCORABLE", "The result would be a task vector, which cannot be scored; choose a method that gives a model.", [
      "recipe",
      "method",
    ]);
  const space = spaceOf(merge.recipe, input.tune);
  const { suiteId, tasks } = await chooseTasks(deps, input);
  if (aggregate === "NORMALISED_MEAN") checkExperts(tasks);
  const data = {
    namespace,
    name,
    recipe: json(merge.recipe),
    space: json(space),
    anchors: json(anchorsOf(merge.recipe, space)),
    sampler: json(samplerNamed(input.sampler, space.length)),
    aggregate,
    seed,
    budget,
    parallel,
    patience: input.patience ?? null,
    engineVersion: engineVersionOf(merge.recipe),
    suiteId,
    aliases,
  };
  // Measured before the first trial; what is there already is not measured again.
  const { statistics } = await askForStatistics(
    deps,
    merge.needs.map(({ wanted }) => wanted),
  );
  const needs = { create: statistics.map(({ id: statisticId }, position) => ({ position, statisticId })) };
  const study = await create(deps, { ...data, needs, parents: { create: parentsOf(merge) }, tasks: { create: tasksOf(tasks) } });
  if (aggregate === "NORMALISED_MEAN") {
    const view = await loadStudy(deps, study.id);
    if (view) await askForExperts(deps, view);
  }
  await deps.queue.add("advance-study", study.id);
  return study;
}

/** A space at fault has no grid: it is refused after what is wrong with the recipe itself. */
function gridOver(recipe: Recipe, { tune, statistics }: StartInput): GridFor | undefined {
  try {
    return searchGrid(recipe, spaceOf(recipe, tune), statistics);
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

export const json = (value: unknown): Prisma.InputJsonValue => value as Prisma.InputJsonValue;

async function create(deps: Deps, data: Prisma.StudyUncheckedCreateInput): Promise<Study> {
  try {
    return await deps.db.study.create({ data });
  } catch (error) {
    if (isUniqueViolation(error)) refuseName(data.namespace, data.name);
    throw error;
  }
}

function refuseName(namespace: string, name: string): never {
  refuse("STUDY_EXISTS", `There is a study ${namespace}/${name} already. Resume that one, or choose another name.`, ["name"]);
}

function checkExperts(tasks: readonly ChosenTask[]): void {
  const without = tasks.find(({ task }) => task.expertId === null);
  if (without)
    refuse(
      "NO_EXPERT",
      `The task ${without.task.namespace}/${without.task.name} has no expert, so its score cannot be normalised.`,
      ["aggregate"],
    );
}

/** As lineage counts them: parents in recipe order, then the base. */
export function parentsOf({ base, parents }: Pick<PreparedMerge, "base" | "parents">) {
  const row = (version: ReadyVersion, position: number, role: "BASE" | "PARENT") => ({
    position,
    role,
    ref: formatRef(version),
    digest: version.digest,
    versionId: version.id,
  });
  return [...parents.map((parent, i) => row(parent, i, "PARENT")), ...(base ? [row(base, parents.length, "BASE")] : [])];
}

export const tasksOf = (tasks: readonly ChosenTask[]) =>
  tasks.map(({ task, search, report }, position) => ({
    position,
    taskId: task.id,
    searchSplitId: search.id,
    reportSplitId: report.id,
  }));
