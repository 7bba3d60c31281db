import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scoreTrunk } from "@amalgam/engine/laboratory";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import { settings } from "../../settings.ts";
import { armsOf } from "../arms.ts";
import { measureGrids, say } from "../grids.ts";
import { openSixTasks, type Split } from "../laboratory.ts";
import { mergeable } from "../table/run.ts";
import { macro, tuneArm } from "../tune-arm.ts";
import { type Condition, conditions } from "./conditions.ts";
import { setsReport } from "./sets-report.ts";
import { trainedSet } from "./train-set.ts";

export interface SetStudy {
  /** How many sets of experts in every condition. */
  readonly sets: number;
  readonly budget: number;
  readonly examples: number;
  /** Of conditions; others are left for another run. */
  readonly only?: readonly string[] | undefined;
  readonly folder: string;
  readonly work: string;
  readonly out: string;
}

/** Accuracies on the report split. */
export interface SetResults {
  readonly condition: Condition["id"];
  readonly set: number;
  readonly arms: Readonly<Record<string, { readonly search: number; readonly report: number }>>;
  /** Mean of every expert on its own task. */
  readonly experts: number;
}

/** The table of methods on experts trained anew: two bases, two strengths, several sets. */
export async function setStudy(study: SetStudy): Promise<void> {
  const results: SetResults[] = [];
  for (let set = 1; set <= study.sets; set++) {
    for (const condition of conditions) {
      const found = await runSet(study, condition, set, study.only?.includes(condition.id) ?? true);
      if (found !== null) results.push(found);
    }
  }
  writeFileSync(join(study.out, "six-tasks-sets.md"), setsReport(results, study));
  say(`Written to ${join(study.out, "six-tasks-sets.md")}`);
}

/** Null where it is not to be run now and was not before. */
async function runSet(study: SetStudy, condition: Condition, set: number, isWanted: boolean): Promise<SetResults | null> {
  const { folder, work, budget, examples } = study;
  const place = join(work, "sets", `${condition.id}-${set}-budget-${budget}-examples-${examples}`);
  const file = join(place, "results.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as SetResults;
  if (!isWanted) return null;
  mkdirSync(place, { recursive: true });
  const models = await trainedSet(condition, set, folder);
  const sixTasks = await openSixTasks(folder, settings.tasks, models);
  const { laboratory, examples: items } = sixTasks;
  const score = (trunk: TensorMap, split: Split) => scoreTrunk(laboratory, trunk, items[split]);
  const own: number[] = [];
  for (const [i, { weights }] of laboratory.experts.entries()) {
    const mine = items.report.map((each, task) => (task === i ? each : []));
    const bits = (await scoreTrunk(laboratory, weights, mine))[i];
    if (bits !== undefined) own.push(macro([bits]));
  }
  const grids = await measureGrids(sixTasks, { seed: set, examples });
  const arms: Record<string, { search: number; report: number }> = {};
  for (const arm of armsOf(mergeable(sixTasks, folder, models), grids).filter(({ id }) => id !== "df-random")) {
    const options = { budget, seed: set, log: join(place, `${arm.id}.jsonl`), onTrial: () => {} };
    const { search, report } = await tuneArm(score, arm, options);
    arms[arm.id] = { search, report: macro(report) };
    say(`${condition.title}, set ${set}: ${arm.title}: ${(100 * macro(report)).toFixed(2)} %`);
  }
  laboratory.dispose();
  const results: SetResults = {
    condition: condition.id,
    set,
    arms,
    experts: own.reduce((sum, value) => sum + value, 0) / own.length,
  };
  writeFileSync(`${file}.partial`, JSON.stringify(results));
  renameSync(`${file}.partial`, file);
  return results;
}
