/**
 * npm run benchmark:six-tasks -- [--budget N] [--examples N] [--seed N] [--out FILE]
 *
 * Tunes every arm on the search split with the same budget of merges, scores each once on the report split, and writes the table with paired
 * intervals. Resumable: finished trials are read from `.work/benchmark`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawItems, fisherGrids, scoreTrunk } from "@amalgam/engine/laboratory";
import { trim } from "@amalgam/engine/merge-by-statistics";
import { selectBackend } from "@amalgam/engine/runtime";
import type { CorrectBits } from "@amalgam/engine/scores";
import { settings } from "../settings.ts";
import { armsOf, TRIM } from "./arms.ts";
import { openSixTasks } from "./laboratory.ts";
import { type Finished, writeReport } from "./report.ts";
import { tuneArm } from "./tune-arm.ts";

const { values } = parseArgs({
  options: {
    budget: { type: "string", default: "60" },
    examples: { type: "string", default: "128" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: join(import.meta.dirname, "../../../../docs/benchmarks/six-tasks.md") },
  },
});
const [budget, examples, seed] = [values.budget, values.examples, values.seed].map(Number) as [number, number, number];
const folder = join(import.meta.dirname, "../..");
const work = join(folder, ".work/benchmark", `budget-${budget}-examples-${examples}-seed-${seed}`);
mkdirSync(work, { recursive: true });

const say = (text: string) => process.stderr.write(`${text}\n`);
await selectBackend("ort");
const sixTasks = await openSixTasks(folder, settings.tasks);
const { laboratory, tasks } = sixTasks;
const deltas = laboratory.experts.map(({ delta }) => delta);
const chosen = sixTasks.examples.search.map((own, i) => drawItems(own, examples, seed + i));
const started = performance.now();
const lambdas = [0, 0.25, 0.5, 0.75, 1];
const onProgress = ({ done, total }: { done: number; total: number }) => say(`Fisher information ${done} of ${total}`);
const grids = {
  plain: await fisherGrids(laboratory, deltas, chosen, { lambdas, onProgress }),
  trimmed: await fisherGrids(
    laboratory,
    deltas.map((delta) => trim(delta, TRIM)),
    chosen,
    { lambdas: [0, 0.5, 1, 1.5, 2], onProgress },
  ),
};
const fisherSeconds = (performance.now() - started) / 1000;
const finished: Finished[] = [];
for (const arm of armsOf(sixTasks, folder, grids)) {
  const tuned = await tuneArm(sixTasks, arm, {
    budget,
    seed,
    log: join(work, `${arm.id}.jsonl`),
    onTrial: (index, best) => say(`${arm.title}: trial ${index}, best ${(100 * best).toFixed(2)} %`),
  });
  finished.push({ arm, tuned });
}
const experts: CorrectBits[] = [];
for (const [i, { weights }] of laboratory.experts.entries()) {
  const bits = (await scoreTrunk(laboratory, weights, sixTasks.examples.report))[i];
  if (bits !== undefined) experts.push(bits);
}
writeFileSync(values.out, writeReport({ tasks, finished, experts, budget, examples, seed, fisherSeconds }));
say(`Written to ${values.out}`);
