/**
 * npm run benchmark:six-tasks -- [--budget N] [--examples N] [--seeds 1,2,…] [--out FILE]
 *
 * For every seed: tunes each arm on the search split with the same budget of merges and scores it once on the report split. Writes the table over
 * all seeds. Resumable: finished trials and seeds are read from `.work/benchmark`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawItems, fisherGrids, scoreTrunk } from "@amalgam/engine/laboratory";
import { trim } from "@amalgam/engine/merge-by-statistics";
import { selectBackend } from "@amalgam/engine/runtime";
import type { CorrectBits } from "@amalgam/engine/scores";
import { settings } from "../settings.ts";
import { armsOf, type Grids, TRIM } from "./arms.ts";
import { openSixTasks, type SixTasks } from "./laboratory.ts";
import { writeReport } from "./report.ts";
import { readResults, type SeedResults, saveResults } from "./results.ts";
import { tuneArm } from "./tune-arm.ts";

const { values } = parseArgs({
  options: {
    budget: { type: "string", default: "60" },
    examples: { type: "string", default: "128" },
    seeds: { type: "string", default: "1,2,3,4,5" },
    out: { type: "string", default: join(import.meta.dirname, "../../../../docs/benchmarks/six-tasks.md") },
  },
});
const [budget, examples] = [Number(values.budget), Number(values.examples)];
const seeds = values.seeds.split(",").map(Number);
const folder = join(import.meta.dirname, "../..");
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

async function measure({ laboratory, examples: all }: SixTasks, seed: number): Promise<Grids> {
  const chosen = all.search.map((own, i) => drawItems(own, examples, 1000 * seed + i));
  const deltas = laboratory.experts.map(({ delta }) => delta);
  const onProgress = ({ done, total }: { done: number; total: number }) =>
    say(`Seed ${seed}: Fisher information ${done} of ${total}`);
  return {
    plain: await fisherGrids(laboratory, deltas, chosen, { lambdas: [0, 0.25, 0.5, 0.75, 1], onProgress }),
    trimmed: await fisherGrids(
      laboratory,
      deltas.map((delta) => trim(delta, TRIM)),
      chosen,
      { lambdas: [0, 0.5, 1, 1.5, 2], onProgress },
    ),
  };
}

async function runSeed(sixTasks: SixTasks, seed: number): Promise<SeedResults> {
  const work = join(folder, ".work/benchmark", `budget-${budget}-examples-${examples}-seed-${seed}`);
  mkdirSync(work, { recursive: true });
  const file = join(work, "results.json");
  const earlier = readResults(file);
  if (earlier !== null) return earlier;
  const started = performance.now();
  const grids = await measure(sixTasks, seed);
  const fisherSeconds = (performance.now() - started) / 1000;
  const arms = new Map<string, Awaited<ReturnType<typeof tuneArm>>>();
  for (const arm of armsOf(sixTasks, folder, grids)) {
    const onTrial = (index: number, best: number) =>
      say(`Seed ${seed}: ${arm.title}: trial ${index}, best ${(100 * best).toFixed(2)} %`);
    arms.set(arm.id, await tuneArm(sixTasks, arm, { budget, seed, log: join(work, `${arm.id}.jsonl`), onTrial }));
  }
  const results = { fisherSeconds, arms };
  saveResults(file, results);
  return results;
}

await selectBackend("ort");
const sixTasks = await openSixTasks(folder, settings.tasks);
const results: SeedResults[] = [];
for (const seed of seeds) results.push(await runSeed(sixTasks, seed));
const experts: CorrectBits[] = [];
for (const [i, { weights }] of sixTasks.laboratory.experts.entries()) {
  const bits = (await scoreTrunk(sixTasks.laboratory, weights, sixTasks.examples.report))[i];
  if (bits !== undefined) experts.push(bits);
}
const arms = armsOf(sixTasks, folder, { plain: [], trimmed: [] });
writeFileSync(values.out, writeReport({ tasks: sixTasks.tasks, arms, seeds, results, experts, budget, examples }));
say(`Written to ${values.out}`);
