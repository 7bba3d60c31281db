import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scoreTrunk } from "@amalgam/engine/laboratory";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import type { CorrectBits } from "@amalgam/engine/scores";
import { armsOf, type Mergeable } from "../arms.ts";
import { measureGrids, say } from "../grids.ts";
import type { SixTasks, Split } from "../laboratory.ts";
import { writeReport } from "../report.ts";
import { readResults, type SeedResults, saveResults } from "../results.ts";
import { tiesMerge } from "../ties.ts";
import { tuneArm } from "../tune-arm.ts";

export interface TableStudy {
  readonly seeds: readonly number[];
  readonly budget: number;
  readonly examples: number;
  /** The example's folder. */
  readonly folder: string;
  readonly work: string;
  readonly out: string;
}

/** For every seed: tunes each arm on the search split with the same budget of merges and scores it once on the report split. */
export async function tableStudy(sixTasks: SixTasks, study: TableStudy): Promise<void> {
  const { seeds, budget, examples, folder, out } = study;
  const results: SeedResults[] = [];
  for (const seed of seeds) results.push(await runSeed(sixTasks, study, seed));
  const experts: CorrectBits[] = [];
  for (const [i, { weights }] of sixTasks.laboratory.experts.entries()) {
    const bits = (await scoreTrunk(sixTasks.laboratory, weights, sixTasks.examples.report))[i];
    if (bits !== undefined) experts.push(bits);
  }
  const arms = armsOf(mergeable(sixTasks, folder), { plain: [], trimmed: [] });
  const file = join(out, "six-tasks.md");
  writeFileSync(file, writeReport({ tasks: sixTasks.tasks, arms, seeds, results, experts, budget, examples }));
  say(`Written to ${file}`);
}

async function runSeed(sixTasks: SixTasks, study: TableStudy, seed: number): Promise<SeedResults> {
  const { budget, examples, folder } = study;
  const work = join(study.work, `budget-${budget}-examples-${examples}-seed-${seed}`);
  mkdirSync(work, { recursive: true });
  const file = join(work, "results.json");
  const earlier = readResults(file);
  if (earlier !== null) return earlier;
  const started = performance.now();
  const grids = await measureGrids(sixTasks, { seed, examples });
  const fisherSeconds = (performance.now() - started) / 1000;
  const score = (trunk: TensorMap, split: Split) => scoreTrunk(sixTasks.laboratory, trunk, sixTasks.examples[split]);
  const arms = new Map<string, Awaited<ReturnType<typeof tuneArm>>>();
  for (const arm of armsOf(mergeable(sixTasks, folder), grids)) {
    const onTrial = (index: number, best: number) =>
      say(`Seed ${seed}: ${arm.title}: trial ${index}, best ${(100 * best).toFixed(2)} %`);
    arms.set(arm.id, await tuneArm(score, arm, { budget, seed, log: join(work, `${arm.id}.jsonl`), onTrial }));
  }
  const results = { fisherSeconds, arms };
  saveResults(file, results);
  return results;
}

function mergeable({ laboratory, tasks }: SixTasks, folder: string): Mergeable {
  const fixture = (name: string): string => join(folder, "fixtures", name);
  const folders = { base: fixture("base"), experts: tasks.map(fixture) };
  const { base, experts } = laboratory;
  return { tasks, base, experts, ties: (params) => tiesMerge({ ...folders, ...params }) };
}
