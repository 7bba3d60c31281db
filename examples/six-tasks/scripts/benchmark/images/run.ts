import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installSources } from "../../stages/corpus.ts";
import { type Arm, armsOf, type Mergeable } from "../arms.ts";
import { say } from "../grids.ts";
import { tiesMerge } from "../ties.ts";
import { macro, tuneArm } from "../tune-arm.ts";
import type { Measure } from "./comparisons.ts";
import { readDigits } from "./digits.ts";
import { imageGrids } from "./grids.ts";
import { imageReport } from "./image-report.ts";
import { type ImageSet, openImageSet, trunkFolder } from "./image-set.ts";
import { ImageScorer } from "./scorer.ts";

export interface ImageStudy {
  /** Each a set of base and experts of its own. */
  readonly seeds: readonly number[];
  readonly budget: number;
  readonly examples: number;
  readonly folder: string;
  readonly work: string;
  readonly out: string;
}

/** Accuracy of one arm by measure, and of every task. */
interface ArmScores extends Readonly<Record<Measure, number>> {
  readonly search: number;
  readonly tasks: readonly number[];
}

export interface ImageResults {
  readonly seed: number;
  readonly arms: Readonly<Record<string, ArmScores>>;
  /** Every expert on its own pair, with its own statistics. */
  readonly experts: readonly number[];
}

/** Left out: random search has a study of its own. */
const chosen = (arm: Arm): boolean => arm.id !== "df-random";

export async function imageStudy(study: ImageStudy): Promise<void> {
  const { seeds, budget, examples, folder, out } = study;
  const work = join(study.work, "images");
  mkdirSync(work, { recursive: true });
  const digits = readDigits(installSources(join(folder, "sources")));
  const results: ImageResults[] = [];
  let titles: Pick<Arm, "id" | "title">[] = [];
  for (const seed of seeds) {
    const set = await openImageSet(digits, seed, work);
    titles = armsOf(mergeable(set), { plain: [], trimmed: [] }).filter(chosen);
    results.push(await runSet(set, seed, { ...study, work }));
    set.dispose();
  }
  writeFileSync(join(out, "images.md"), imageReport({ results, arms: titles, budget, examples }));
  say(`Written to ${join(out, "images.md")}`);
}

async function runSet(set: ImageSet, seed: number, { budget, examples, work }: ImageStudy): Promise<ImageResults> {
  const folder = join(work, `budget-${budget}-examples-${examples}-seed-${seed}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "results.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as ImageResults;
  const scorer = new ImageScorer(set);
  const experts = await scorer.ownScores();
  const started = performance.now();
  const grids = await imageGrids(scorer, { seed, examples });
  say(`Images, seed ${seed}: Fisher information in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const arms: Record<string, ArmScores> = {};
  for (const arm of armsOf(mergeable(set), grids).filter(chosen)) {
    const onTrial = () => {};
    const log = join(folder, `${arm.id}.jsonl`);
    const tuned = await tuneArm((trunk, split) => scorer.score(trunk, split), arm, { budget, seed, log, onTrial });
    const trunk = await arm.merge(tuned.params);
    arms[arm.id] = {
      search: tuned.search,
      report: macro(tuned.report),
      tasks: tuned.report.map((bits) => macro([bits])),
      averaged: macro(await scorer.score(trunk, "report", "averaged")),
      generalisation: macro(await scorer.generalisation(trunk)),
    };
    say(`Images, seed ${seed}: ${arm.title}: ${(100 * macro(tuned.report)).toFixed(2)} %`);
  }
  const results = { seed, arms, experts };
  writeFileSync(`${file}.partial`, JSON.stringify(results));
  renameSync(`${file}.partial`, file);
  return results;
}

function mergeable({ base, experts, baseFolder }: ImageSet): Mergeable {
  // Heads of two and of ten labels cannot be merged, and need not be.
  const trunks = { base: trunkFolder(baseFolder), experts: experts.map(({ folder }) => trunkFolder(folder)) };
  const folders = { ...trunks, headFrom: baseFolder };
  const tasks = experts.map(({ task }) => task.name);
  return { tasks, base, experts, ties: (params) => tiesMerge({ ...folders, ...params }) };
}
