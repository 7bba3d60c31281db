import {
  checkStatisticOwners,
  type Fault,
  fault,
  hasStatistics,
  listStatistics,
  mapStatistics,
  openStatistics,
  type PerModel,
  RefusedError,
  type StatisticHeader,
  statisticsIn,
} from "@amalgam/engine/merge";
import { digestOf } from "./digest-of.ts";
import type { LocalStage } from "./recipe-file.ts";

/**
 * Opens the statistics of a step, and finds those that were measured of other models: the only thing for which a check hashes
 * models. What an earlier step will make, and models with adapters, only the merge can tell.
 * @throws RefusedError for files that cannot be opened
 */
export async function openOwnStatistics(
  { recipe, base, parents, adapters, statistics }: LocalStage,
  isMade: (location: string) => boolean,
): Promise<{ readonly headers: PerModel<StatisticHeader>; readonly faults: readonly Fault[] }> {
  const remote = listStatistics(statisticsIn(recipe)).filter(({ value }) => value.startsWith("statistic:"));
  if (remote.length > 0)
    throw new RefusedError(
      remote.map(({ value, path }) =>
        fault(
          "STATISTIC_REMOTE",
          `${value} is kept by a registry: merge there with amalgam request, or measure a file of it here.`,
          path,
        ),
      ),
    );
  const headers = mapStatistics(await openStatistics(statistics, statisticsIn(recipe)), ({ header }) => header);
  const isUnknown = [...(base === null ? [] : [base]), ...parents].some(isMade);
  const isAdapted = [adapters.base, ...adapters.parents].some((adapter) => adapter !== null);
  if (!hasStatistics(headers) || isUnknown || isAdapted) return { headers, faults: [] };
  const { signal } = new AbortController();
  const digests = { base: base === null ? null : await digestOf(base, signal), parents: [] as string[] };
  // One after the other: each reads as fast as the disk can.
  for (const location of parents) digests.parents.push(await digestOf(location, signal));
  return { headers, faults: checkStatisticOwners(recipe, headers, digests) };
}
