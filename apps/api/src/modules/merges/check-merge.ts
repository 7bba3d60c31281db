import { type Fault, RefusedError } from "@amalgam/engine/merge";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { parseInput } from "../refuse.ts";
import { forecastCosts } from "../statistics/forecast-cost.ts";
import { findEarlierMerge } from "./find-earlier-merge.ts";
import type { NeededStatistic } from "./load-statistics.ts";
import { prepareMerge } from "./prepare-merge.ts";
import { type StatisticsOptions, statisticsOptions } from "./statistics-options.ts";

/** A statistic that the merge uses, and what measuring it will cost when it is not there yet. */
export interface CheckedStatistic extends NeededStatistic {
  readonly isMeasured: boolean;
  /** An estimate; 0 when it is there */
  readonly seconds: number;
}

export interface MergeCheck {
  readonly ok: boolean;
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
  readonly identity: string | null;
  readonly tensorCount: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly peakMemoryBytes: number;
  readonly seconds: number;
  readonly existingId: string | null;
  readonly statistics: readonly CheckedStatistic[];
}

/** Says what a merge would do and cost, or why it cannot be done. */
export async function checkMerge(deps: Deps, actor: Actor, recipe: unknown, options: unknown = null): Promise<MergeCheck> {
  authorise(actor, "read");
  try {
    const { plan, identity, needs } = await prepareMerge(deps, recipe, parseOptions(options));
    const earlier = await findEarlierMerge(deps, identity);
    return {
      ok: true,
      faults: [],
      notes: plan.notes,
      identity,
      tensorCount: plan.tensors.length,
      readBytes: plan.readBytes,
      writeBytes: plan.writeBytes,
      peakMemoryBytes: plan.peakMemoryBytes(deps.mergeThreads),
      seconds: plan.secondsForecast,
      existingId: earlier?.state === "SUCCEEDED" ? earlier.versionId : null,
      statistics: await costsOf(deps, needs),
    };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const nothing = { notes: [], identity: null, tensorCount: 0, readBytes: 0, writeBytes: 0, peakMemoryBytes: 0, seconds: 0 };
    return { ok: false, faults: error.faults, ...nothing, existingId: null, statistics: [] };
  }
}

function parseOptions(options: unknown): StatisticsOptions {
  const { statistics } = parseInput(z.object({ statistics: statisticsOptions.nullish() }), { statistics: options });
  return statistics ?? {};
}

async function costsOf(deps: Deps, needs: readonly NeededStatistic[]): Promise<CheckedStatistic[]> {
  const costOf = await forecastCosts(deps);
  return needs.map((need) => {
    const isMeasured = need.row?.state === "SUCCEEDED";
    return { ...need, isMeasured, seconds: isMeasured ? 0 : costOf(need.wanted) };
  });
}
