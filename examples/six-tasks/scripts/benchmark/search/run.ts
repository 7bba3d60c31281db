import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dfMerge, type FisherAt, interpolateFisher } from "@amalgam/engine/merge-by-statistics";
import type { Params } from "@amalgam/engine/tune";
import { plainGrids, say } from "../grids.ts";
import type { SixTasks } from "../laboratory.ts";
import { readLines } from "../read-lines.ts";
import { Objective } from "./objective.ts";
import { optimisers } from "./optimisers.ts";
import { type OptimiserRun, runOptimiser } from "./run-optimiser.ts";
import { searchPlot } from "./search-plot.ts";
import { searchReport } from "./search-report.ts";

export interface SearchStudy {
  readonly seeds: readonly number[];
  readonly budget: number;
  /** Of optimisers; others are left for another run. */
  readonly only?: readonly string[] | undefined;
  /** For Fisher information, a task. */
  readonly examples: number;
  readonly work: string;
  readonly out: string;
}

/** The seed whose examples give the Fisher information: one landscape for all. */
const LANDSCAPE = 1;

/** All optimisers on one objective, DF-Merge's with λ by task, over many seeds. Resumable. */
export async function searchStudy(sixTasks: SixTasks, { seeds, budget, only, examples, work, out }: SearchStudy): Promise<void> {
  const folder = join(work, `search-examples-${examples}`);
  mkdirSync(folder, { recursive: true });
  let grids: Promise<FisherAt[][]> | null = null;
  const merge = async (params: Params) => {
    grids ??= plainGrids(sixTasks, { seed: LANDSCAPE, examples });
    const own = await grids;
    const models = sixTasks.laboratory.experts.map(({ name, delta }, i) => {
      const lambda = params[name] ?? 0;
      return { delta, lambda, fisher: interpolateFisher(own[i] ?? [], lambda) };
    });
    return dfMerge(sixTasks.laboratory.base, models);
  };
  const objective = new Objective(sixTasks, merge, join(folder, "values.jsonl"));
  const file = join(folder, `runs-budget-${budget}.jsonl`);
  const runs = readLines<OptimiserRun>(file);
  for (const optimiser of optimisers.filter(({ id }) => only?.includes(id) ?? true)) {
    for (const seed of seeds) {
      if (runs.some((run) => run.optimiser === optimiser.id && run.seed === seed)) continue;
      const run = await runOptimiser(objective, optimiser, { names: sixTasks.tasks, seed, budget });
      runs.push(run);
      appendFileSync(file, `${JSON.stringify(run)}\n`);
      say(`${optimiser.title}, seed ${seed}: best ${(100 * Math.max(...run.values)).toFixed(2)} %`);
    }
  }
  const chosen = runs.filter(({ seed }) => seeds.includes(seed));
  writeFileSync(join(out, "six-tasks-search.svg"), searchPlot(chosen, budget));
  writeFileSync(join(out, "six-tasks-search.md"), searchReport({ runs: chosen, seeds, budget, examples }));
  say(`Written to ${join(out, "six-tasks-search.md")}`);
}
