/**
 * npm run benchmark:six-tasks -- [--budget N] [--examples N] [--seed N] [--out FILE]
 *
 * Tunes every arm on the search split with the same budget of merges, scores each once on the report split, and writes the table with paired
 * intervals. Resumable: finished trials are read from `.work/benchmark`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { trim } from "@amalgam/engine/merge-by-statistics";
import { selectBackend } from "@amalgam/engine/runtime";
import { settings } from "../settings.ts";
import { armsOf, TRIM } from "./arms.ts";
import { fisherGrids } from "./fisher-grids.ts";
import { openLaboratory } from "./laboratory.ts";
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
const laboratory = await openLaboratory(folder, settings.tasks);
const started = performance.now();
const lambdas = [0, 0.25, 0.5, 0.75, 1];
const grid = { examples, seed, onProgress: (done: number, total: number) => say(`Fisher information ${done} of ${total}`) };
const grids = {
  plain: await fisherGrids(laboratory, laboratory.deltas, { ...grid, lambdas }),
  trimmed: await fisherGrids(
    laboratory,
    laboratory.deltas.map((delta) => trim(delta, TRIM)),
    { ...grid, lambdas: [0, 0.5, 1, 1.5, 2] },
  ),
};
const fisherSeconds = (performance.now() - started) / 1000;
const finished: Finished[] = [];
for (const arm of armsOf(laboratory, folder, grids)) {
  const tuned = await tuneArm(laboratory, arm, {
    budget,
    seed,
    log: join(work, `${arm.id}.jsonl`),
    onTrial: (index, best) => say(`${arm.title}: trial ${index}, best ${(100 * best).toFixed(2)} %`),
  });
  finished.push({ arm, tuned });
}
writeFileSync(values.out, writeReport({ laboratory, finished, budget, examples, seed, fisherSeconds }));
say(`Written to ${values.out}`);
