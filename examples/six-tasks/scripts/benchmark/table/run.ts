import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scoreTrunk } from "@amalgam/engine/laboratory";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import type { CorrectBits } from "@amalgam/engine/scores";
import { type Arm, armsOf, type Mergeable } from "../arms.ts";
import { measureGrids, say } from "../grids.ts";
import type { SixTasks, Split } from "../laboratory.ts";
import { writeReport } from "../report.ts";
import { readResults, type SeedResults, saveResults } from "../results.ts";
import { tiesMerge } from "../ties.ts";
import { isJointTrained, jointBits } from "../training/joint.ts";
import { type Tuned, tuneArm } from "../tune-arm.ts";
import { type SplitBits, secondSplit } from "./second-split.ts";
import { tablePlot } from "./table-plot.ts";

export interface TableStudy {
  readonly seeds: readonly number[];
  readonly budget: number;
  readonly examples: number;
  /** The example's folder. */
  readonly folder: string;
  readonly work: string;
  readonly out: string;
  /** Leaves joint training for another run, unless it is there. */
  readonly isJointLeft?: boolean;
}

/** For every seed: tunes each arm on the search split with the same budget of merges and scores it once on the report split. */
export async function tableStudy(sixTasks: SixTasks, study: TableStudy): Promise<void> {
  const { seeds, budget, examples, folder, work, out } = study;
  const { laboratory, examples: items } = sixTasks;
  const results: SeedResults[] = [];
  const second: SplitBits[] = [];
  for (const seed of seeds) {
    // Needs Fisher information: measured once, and only where something is not there yet.
    let made: Promise<Arm[]> | null = null;
    const arms = (): Promise<Arm[]> => {
      made ??= armsFor(sixTasks, study, seed);
      return made;
    };
    const found = await runSeed(sixTasks, study, seed, arms);
    results.push(found);
    second.push(await secondSplit(sixTasks, found, arms, join(folderOf(study, seed), "second.json")));
  }
  const experts: Record<"report" | "second", CorrectBits[]> = { report: [], second: [] };
  for (const [i, { weights }] of laboratory.experts.entries()) {
    for (const split of ["report", "second"] as const) {
      const own = items[split].map((each, task) => (task === i ? each : []));
      const bits = (await scoreTrunk(laboratory, weights, own))[i];
      if (bits !== undefined) experts[split].push(bits);
    }
  }
  const joint = study.isJointLeft && !isJointTrained(work) ? null : await jointBits(sixTasks, folder, work);
  const arms = armsOf(mergeable(sixTasks, folder), { plain: [], trimmed: [] });
  const file = join(out, "six-tasks.md");
  const input = { tasks: sixTasks.tasks, arms, seeds, results, second, experts, joint, budget, examples };
  writeFileSync(file, writeReport(input));
  writeFileSync(join(out, "six-tasks.svg"), tablePlot(input));
  say(`Written to ${file}`);
}

export const folderOf = ({ work, budget, examples }: Pick<TableStudy, "work" | "budget" | "examples">, seed: number): string =>
  join(work, `budget-${budget}-examples-${examples}-seed-${seed}`);

async function armsFor(sixTasks: SixTasks, { examples, folder }: TableStudy, seed: number): Promise<Arm[]> {
  return armsOf(mergeable(sixTasks, folder), await measureGrids(sixTasks, { seed, examples }));
}

async function runSeed(sixTasks: SixTasks, study: TableStudy, seed: number, arms: () => Promise<Arm[]>): Promise<SeedResults> {
  const { budget } = study;
  const work = folderOf(study, seed);
  mkdirSync(work, { recursive: true });
  const file = join(work, "results.json");
  const earlier = readResults(file);
  if (earlier !== null) return earlier;
  const started = performance.now();
  const all = await arms();
  const fisherSeconds = (performance.now() - started) / 1000;
  const score = (trunk: TensorMap, split: Split) => scoreTrunk(sixTasks.laboratory, trunk, sixTasks.examples[split]);
  const tuned = new Map<string, Tuned>();
  for (const arm of all) {
    const onTrial = (index: number, best: number) =>
      say(`Seed ${seed}: ${arm.title}: trial ${index}, best ${(100 * best).toFixed(2)} %`);
    tuned.set(arm.id, await tuneArm(score, arm, { budget, seed, log: join(work, `${arm.id}.jsonl`), onTrial }));
  }
  const results = { fisherSeconds, arms: tuned };
  saveResults(file, results);
  return results;
}

export function mergeable({ laboratory, tasks }: SixTasks, folder: string, models = join(folder, "fixtures")): Mergeable {
  const model = (name: string): string => join(models, name);
  const folders = { base: model("base"), experts: tasks.map(model) };
  const { base, experts } = laboratory;
  return { tasks, base, experts, ties: (params) => tiesMerge({ ...folders, ...params }) };
}
