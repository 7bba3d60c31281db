import { incumbent, type Params, type Space, suggest, type Trial } from "@amalgam/engine/tune";
import type { Objective } from "./objective.ts";
import { anchorsOf, type Optimiser, reportMarks } from "./optimisers.ts";

export interface OptimiserRun {
  readonly optimiser: Optimiser["id"];
  readonly seed: number;
  /** Value of every trial on the search split. */
  readonly values: readonly number[];
  /** Accuracy on the report split of what the surrogate holds for best after so many trials. */
  readonly report: Readonly<Record<number, number>>;
}

/** One search with its own seed. What it asks depends on optimiser, seed and values alone, so a search that was cut is done again from known values. */
export async function runOptimiser(
  objective: Objective,
  optimiser: Optimiser,
  { names, seed, budget }: { names: readonly string[]; seed: number; budget: number },
): Promise<OptimiserRun> {
  const space: Space = names.map((name) => ({ name, kind: "float", low: 0, high: 1 }));
  const anchors = optimiser.isAnchored ? anchorsOf(names) : [];
  const trials: (Trial & { params: Params; value: number })[] = [];
  const report: Record<number, number> = {};
  const total = Math.min(budget, optimiser.most ?? budget);
  while (trials.length < total) {
    const { params } = suggest({ space, trials, seed, anchors, sampler: optimiser.sampler });
    trials.push({ params, value: await objective.value("search", params), state: "complete" });
    if (!reportMarks.includes(trials.length)) continue;
    const best = trials[incumbent(space, trials, "smoothed", seed)?.trial ?? 0];
    if (best !== undefined) report[trials.length] = await objective.value("report", best.params);
  }
  return { optimiser: optimiser.id, seed, values: trials.map(({ value }) => value), report };
}
