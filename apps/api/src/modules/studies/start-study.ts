import type { Deps } from "../../deps.ts";
import type { Prisma, Study } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import type { PreparedMerge } from "../merges/prepare-merge.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { parseInput, refuseAll } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import { askForStatistics } from "../statistics/ask-for-statistics.ts";
import { engineVersionOf } from "./engine-version.ts";
import { askForExperts } from "./expert-scores.ts";
import { loadStudy } from "./load-study.ts";
import { nameTaken, prepareStudy } from "./prepare-study.ts";
import { anchorsOf } from "./recipe-at.ts";
import { samplerNamed, startInput } from "./study-input.ts";
import type { ChosenTask } from "./study-tasks.ts";

/** Starts a search for the numbers of a recipe; everything that could make it fail later is refused now, with its place. */
export async function startStudy(deps: Deps, actor: Actor, raw: unknown): Promise<Study> {
  authorise(actor, "write");
  const input = parseInput(startInput, raw);
  const { namespace, name, budget, seed, parallel, aggregate, aliases } = input;
  const { merge, space, suiteId, tasks } = await prepareStudy(deps, input);
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

export const json = (value: unknown): Prisma.InputJsonValue => value as Prisma.InputJsonValue;

async function create(deps: Deps, data: Prisma.StudyUncheckedCreateInput): Promise<Study> {
  try {
    return await deps.db.study.create({ data });
  } catch (error) {
    if (isUniqueViolation(error)) refuseAll([nameTaken(data.namespace, data.name)]);
    throw error;
  }
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
