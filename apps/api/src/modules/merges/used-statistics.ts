import path from "node:path";
import { listStatistics, mapStatistics, type PerModel, type Recipe, statisticsIn } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Statistic } from "../../generated/prisma/client.ts";
import { stageVersion } from "../models/stage-version.ts";
import { refuse } from "../refuse.ts";
import { keyIn, statisticRef } from "./statistic-ref.ts";

/** A statistic that has been measured, and whose it is. */
export interface UsedStatistic {
  readonly id: string;
  readonly key: string;
  readonly splitId: string;
  readonly sha256: string;
  /** Of the parent; null: of the base */
  readonly parent: number | null;
}

const open: readonly Statistic["state"][] = ["QUEUED", "RUNNING", "CANCELLING"];

/** Whether a merge has to wait: somebody is at work on a statistic that it needs. */
export async function areBeingMeasured(deps: Deps, runId: string): Promise<boolean> {
  const count = await deps.db.runStatistic.count({
    where: { runId, run: { state: "QUEUED" }, statistic: { state: { in: [...open] } } },
  });
  return count > 0;
}

/** The statistics of a recipe, in its order. @throws RefusedError for one that could not be measured */
export async function loadUsed(deps: Deps, recipe: Recipe): Promise<UsedStatistic[]> {
  const places = listStatistics(statisticsIn(recipe));
  if (places.length === 0) return [];
  const rows = await deps.db.statistic.findMany({
    where: { key: { in: places.flatMap(({ value }) => keyIn(value) ?? []) } },
    include: { run: true },
  });
  return places.map(({ value, path: place, parent }) => {
    const row = rows.find(({ key }) => statisticRef(key) === value);
    if (!row) return refuse("NOT_FOUND", `There is no statistic ${value} in this registry any more.`, place);
    const { id, key, splitId, state, blobSha256, run } = row;
    if (state === "SUCCEEDED" && blobSha256 !== null) return { id, key, splitId, sha256: blobSha256, parent };
    const why = run?.failureMessage ?? `its run was ${state.toLowerCase()}`;
    return refuse("STATISTIC_NOT_MEASURED", `${run?.title ?? value}: ${why}. Retry this merge to have it measured again.`, place);
  });
}

/** Links to their files on this disk, each checked against its digest, in the order of the recipe. */
export async function stageStatistics(
  deps: Deps,
  recipe: Recipe,
  used: readonly UsedStatistic[],
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<PerModel<string>> {
  const files = [...new Map(used.map(({ key, sha256 }) => [key, { path: `${key}.safetensors`, sha256 }])).values()];
  await stageVersion(deps, { label: "statistics", files, folder, signal });
  return mapStatistics(keysOf(recipe, used), (key) => path.join(folder, `${key}.safetensors`));
}

/** Their keys in the order of the recipe, for its identity. */
export function keysOf(recipe: Recipe, used: readonly UsedStatistic[]): PerModel<string> {
  const of = (wanted: number | null) => used.filter(({ parent }) => parent === wanted).map(({ key }) => key);
  return { base: of(null), parents: recipe.parents.map((_, i) => of(i)) };
}
