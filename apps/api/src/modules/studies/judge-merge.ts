import { randomUUID } from "node:crypto";
import { parseRecipe } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Study } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { loadReadyVersion, type ReadyVersion } from "../models/load-ready-version.ts";
import { findByRef } from "../models/version-ref.ts";
import { refuse } from "../refuse.ts";
import { engineVersionOf } from "./engine-version.ts";
import { chooseJudgedTasks } from "./judged-tasks.ts";
import { scaleSampler } from "./scale-search.ts";
import { json, parentsOf, tasksOf } from "./start-study.ts";

/**
 * Judges a merge, also one that is still under way, on a suite: it, its parents, their plain average and task arithmetic at one tuned
 * factor are scored on the report splits. Asking again answers the same judgement, unless that one failed.
 */
export async function judgeMerge(deps: Deps, actor: Actor, input: { version: string; suite: string }): Promise<Study> {
  authorise(actor, "write");
  const version = await findByRef(deps, input.version);
  if (!version)
    refuse(
      "NOT_FOUND",
      `There is no version ${JSON.stringify(input.version.slice(0, 200))}. Write it as namespace/name@number.`,
      ["version"],
    );
  const { namespace } = version.model;
  const { suiteId, tasks } = await chooseJudgedTasks(deps, input.suite.replaceAll("\u0000", "").slice(0, 200), namespace);
  const earlier = await deps.db.study.findFirst({
    where: { kind: "BASELINES", bestVersionId: version.id, suiteId, state: { notIn: ["FAILED", "CANCELLED"] } },
    orderBy: { id: "desc" },
  });
  if (earlier) return earlier;
  const run = await deps.db.run.findFirst({ where: { versionId: version.id, kind: "MERGE" }, orderBy: { id: "asc" } });
  if (!run || version.kind !== "MERGED")
    refuse("NOT_MERGED", "Only a version that was merged here has parents and an average to be judged against.", ["version"]);
  if (version.state === "REJECTED")
    refuse("VERSION_REJECTED", `The merge failed, so there is nothing to judge: ${version.rejectionMessage ?? ""}`, ["version"]);
  const recipe = parseRecipe(run.recipe, { statistics: "later" });
  const base = recipe.base === null ? null : await loadReadyVersion(deps, recipe.base, ["version"]);
  const parents: ReadyVersion[] = [];
  for (const { model } of recipe.parents) parents.push(await loadReadyVersion(deps, model, ["version"]));
  const study = await deps.db.study.create({
    data: {
      kind: "BASELINES",
      namespace,
      // Nobody looks it up by its name: a version may be judged on several suites.
      name: `baselines-${randomUUID()}`,
      recipe: json(recipe),
      space: json([]),
      anchors: json([]),
      sampler: json(scaleSampler),
      seed: 0,
      budget: 1,
      engineVersion: engineVersionOf(recipe),
      suiteId,
      bestVersionId: version.id,
      parents: { create: parentsOf({ base, parents }) },
      tasks: { create: tasksOf(tasks) },
    },
  });
  await deps.queue.add("advance-study", study.id);
  return study;
}
