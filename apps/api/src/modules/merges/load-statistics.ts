import {
  type CheckpointHeader,
  type Fault,
  listStatistics,
  mapStatistics,
  openStatistic,
  type PerModel,
  type Recipe,
  type StatisticHeader,
  statisticsIn,
} from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Statistic } from "../../generated/prisma/client.ts";
import { stageBlob } from "../../platform/stage-blob.ts";
import { fault, refuseAll } from "../refuse.ts";
import { findKept, wantedOf } from "../statistics/find-kept.ts";
import type { WantedStatistic } from "../statistics/wanted-statistic.ts";
import { keyIn } from "./statistic-ref.ts";

/** A statistic that a merge uses, in the order of the recipe: those of the base first. */
export interface NeededStatistic {
  readonly wanted: WantedStatistic;
  /** Null: nobody has asked for it yet */
  readonly row: Statistic | null;
  /** Of the parent; null: of the base */
  readonly parent: number | null;
}

export interface LoadedStatistics {
  readonly needs: readonly NeededStatistic[];
  readonly keys: PerModel<string>;
  readonly headers: PerModel<StatisticHeader>;
}

/**
 * What the registry knows of the statistics that a recipe names. One that is still to be measured is taken to say something of every tensor of its model.
 * @throws RefusedError for refs that name none, each with its place
 */
export async function loadStatistics(
  deps: Deps,
  recipe: Recipe,
  wanted: readonly WantedStatistic[],
  models: { readonly base: CheckpointHeader | null; readonly parents: readonly CheckpointHeader[] },
): Promise<LoadedStatistics> {
  const named = statisticsIn(recipe);
  const places = listStatistics(named);
  const keys = places.map(({ value }) => keyIn(value));
  const kept = await findKept(
    deps,
    keys.flatMap((key) => key ?? []),
  );
  const faults: Fault[] = [];
  const needs = places.flatMap(({ value, path, parent }, k): NeededStatistic[] => {
    const key = keys[k];
    if (key == null) {
      const why = "in the registry a statistic is written statistic:<key>; amalgam statistics REF shows those there are";
      faults.push(fault("STATISTIC_REF", `${JSON.stringify(value.slice(0, 100))} names no statistic: ${why}.`, path));
      return [];
    }
    const row = kept.get(key) ?? null;
    const known = wanted.find((each) => each.key === key) ?? (row && wantedOf(row));
    if (!known) faults.push(fault("NOT_FOUND", `There is no statistic ${value} in this registry.`, path));
    return known ? [{ wanted: known, row, parent }] : [];
  });
  refuseAll(faults);
  const measured = await Promise.all(needs.map((need, k) => openMeasured(deps, need, places[k]?.value ?? "")));
  const [example = null] = measured.filter((header) => header !== null);
  const opened = needs.map((need, k) => measured[k] ?? standIn(need, { label: places[k]?.value ?? "", models, example }));
  const of = (parent: number | null): StatisticHeader[] => opened.filter((_, k) => needs[k]?.parent === parent);
  const headers = { base: of(null), parents: recipe.parents.map((_, i) => of(i)) };
  return { needs, headers, keys: mapStatistics(headers, ({ key }) => key) };
}

async function openMeasured(deps: Deps, { row }: NeededStatistic, label: string): Promise<StatisticHeader | null> {
  if (row?.state !== "SUCCEEDED" || row.blobSha256 === null) return null;
  return (await openStatistic(await stageBlob(deps.store, row.blobSha256, deps.scratchDir), label)).header;
}

interface Surroundings {
  readonly label: string;
  readonly models: { readonly base: CheckpointHeader | null; readonly parents: readonly CheckpointHeader[] };
  /** One of the same merge that has been measured: models of one merge have the same tensors */
  readonly example: StatisticHeader | null;
}

/** What a plan takes a file to hold that is still to be measured. */
function standIn({ wanted: { key, about }, parent }: NeededStatistic, { label, models, example }: Surroundings): StatisticHeader {
  if (example?.about.kind === about.kind) return { label, key, about, tensors: example.tensors };
  const tensors = (parent === null ? models.base : models.parents[parent])?.tensors ?? [];
  if (about.kind !== "gram")
    return { label, key, about, tensors: tensors.map((tensor) => ({ ...tensor, dtype: "F32" as const })) };
  // Only their numbers of rows: which inputs a layer has, the file will tell.
  const rows = tensors.map(({ name, shape }) => ({ name: `table.${name}`, dtype: "F32" as const, shape: shape.slice(0, 1) }));
  return { label, key, about, tensors: rows };
}
