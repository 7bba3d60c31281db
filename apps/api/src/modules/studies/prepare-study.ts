import { type Fault, type Recipe, RefusedError } from "@amalgam/engine/merge";
import type { Space } from "@amalgam/engine/tune";
import type { Deps } from "../../deps.ts";
import type { GridFor } from "../merges/choose-statistics.ts";
import { type PreparedMerge, prepareMerge, readRecipe } from "../merges/prepare-merge.ts";
import { fault, refuse } from "../refuse.ts";
import { searchGrid } from "./search-grid.ts";
import { spaceOf } from "./space-of.ts";
import type { StartInput } from "./study-input.ts";
import { type ChosenTask, chooseTasks } from "./study-tasks.ts";

export interface PreparedStudy {
  readonly merge: PreparedMerge;
  readonly space: Space;
  readonly suiteId: string | null;
  readonly tasks: readonly ChosenTask[];
}

/** Everything that can be decided about a study before its first trial. @throws RefusedError with the faults of name, recipe and tasks at once */
export async function prepareStudy(deps: Deps, input: StartInput): Promise<PreparedStudy> {
  const { namespace, name } = input;
  const [taken, merged, chosen] = await Promise.all([
    deps.db.study.findUnique({ where: { namespace_name: { namespace, name } } }),
    settled(() => prepareSpace(deps, input)),
    settled(() => prepareTasks(deps, input)),
  ]);
  if (merged.ok && chosen.ok && taken === null) return { ...merged.value, ...chosen.value };
  throw new RefusedError([...(taken ? [nameTaken(namespace, name)] : []), ...merged.faults, ...chosen.faults]);
}

export const nameTaken = (namespace: string, name: string): Fault =>
  fault("STUDY_EXISTS", `There is a study ${namespace}/${name} already. Resume that one, or choose another name.`, ["name"]);

type Settled<T> = { ok: true; value: T; faults: [] } | { ok: false; faults: readonly Fault[] };

async function settled<T>(work: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await work(), faults: [] };
  } catch (error) {
    if (error instanceof RefusedError) return { ok: false, faults: error.faults };
    throw error;
  }
}

async function prepareSpace(deps: Deps, input: StartInput): Promise<Pick<PreparedStudy, "merge" | "space">> {
  const grid = gridOver(readRecipe(input.recipe), input);
  const merge = await prepareMerge(deps, input.recipe, input.statistics, grid);
  if (merge.plan.output !== "weights")
    refuse("NOT_SCORABLE", "The result would be a task vector, which cannot be scored; choose a method that gives a model.", [
      "recipe",
      "method",
    ]);
  return { merge, space: spaceOf(merge.recipe, input.tune) };
}

async function prepareTasks(deps: Deps, input: StartInput): Promise<Pick<PreparedStudy, "suiteId" | "tasks">> {
  const { suiteId, tasks } = await chooseTasks(deps, input);
  if (input.aggregate === "NORMALISED_MEAN") checkExperts(tasks);
  return { suiteId, tasks };
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

function checkExperts(tasks: readonly ChosenTask[]): void {
  const without = tasks.find(({ task }) => task.expertId === null);
  if (without)
    refuse(
      "NO_EXPERT",
      `The task ${without.task.namespace}/${without.task.name} has no expert, so its score cannot be normalised.`,
      ["aggregate"],
    );
}
