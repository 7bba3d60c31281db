import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { evaluate, macroInterval } from "@amalgam/engine/evaluate";
import { mergeToFolder, parseRecipe } from "@amalgam/engine/merge";
import { writeCards } from "../report/cards.ts";
import { writeReadmeTable } from "../report/readme-table.ts";
import type { ResultRow, Results, Score } from "../report/results.ts";
import { compareTaskVectors } from "../report/task-vectors.ts";
import { writeJson } from "../write-json.ts";
import { readTaskCard, taskFile, type Workshop } from "./workshop.ts";

const lambdas = [0.2, 0.3, 0.4, 0.5, 0.6];

/** Scores base, experts, their average and task arithmetic on the test items, and writes the numbers into README and cards. */
export async function reportStage(workshop: Workshop): Promise<void> {
  const { example, out, settings } = workshop;
  const row = (name: string, model: string, note = "") => scoreRow(workshop, { name, model, note });
  const rows: ResultRow[] = [await row("base", join(out, "base"), "heads fitted on it, frozen")];
  for (const task of settings.tasks) rows.push(await row(task, join(out, task), "expert"));
  rows.push(await row("average", await merge(workshop, "average", { method: "linear" }), "linear, equal weights"));
  const lambda = await chooseLambda(workshop);
  const arithmetic = await merge(workshop, `task-arithmetic-${lambda}`, {
    method: "task_arithmetic",
    base: "base",
    parameters: { lambda },
  });
  rows.push(await row("task arithmetic", arithmetic, `λ = ${lambda}, chosen on validation items among ${lambdas.join(", ")}`));
  const results: Results = {
    tasks: settings.tasks,
    rows,
    taskVectors: await compareTaskVectors(out, settings.tasks),
    data: JSON.parse(readFileSync(join(workshop.work, "data-report.json"), "utf8")),
  };
  writeJson(join(example, "results.json"), results);
  writeReadmeTable(join(example, "README.md"), results);
  writeCards(workshop, results);
}

async function scoreRow(
  workshop: Workshop,
  { name, model, note }: { name: string; model: string; note: string },
): Promise<ResultRow> {
  const scores: Record<string, Score> = {};
  for (const task of workshop.settings.tasks) scores[task] = await score(workshop, { model, task, split: "test" });
  const mean = macroInterval(Object.values(scores));
  const cells = Object.entries(scores).map(([task, { value }]) => `${task} ${value.toFixed(3)}`);
  console.log(`${name.padEnd(16)} mean ${mean.value.toFixed(3)}  ${cells.join("  ")}`);
  return { name, note, scores, mean };
}

interface Question {
  model: string;
  task: string;
  split: "validation" | "test";
}

/** Every model is read by the task's own head, which the task's expert carries. */
async function score(workshop: Workshop, { model, task, split }: Question): Promise<Score> {
  const { labels } = readTaskCard(workshop, task);
  const data = taskFile(workshop, task, split);
  const { n, value, low, high } = await evaluate({ kind: "classification", model, head: join(workshop.out, task), labels, data });
  return { n: n ?? 0, value, low: low ?? 0, high: high ?? 1 };
}

async function merge(
  { work, out, settings }: Workshop,
  name: string,
  recipe: Readonly<Record<string, unknown>>,
): Promise<string> {
  const outDir = join(work, "merges", name);
  rmSync(outDir, { recursive: true, force: true });
  await mergeToFolder({
    recipe: parseRecipe({ ...recipe, parents: settings.tasks.map((model) => ({ model })) }),
    base: "base" in recipe ? join(out, "base") : null,
    parents: settings.tasks.map((task) => join(out, task)),
    outDir,
    threads: 1,
  });
  return outDir;
}

async function chooseLambda(workshop: Workshop): Promise<number> {
  let best = { lambda: 0, mean: 0 };
  for (const lambda of lambdas) {
    const model = await merge(workshop, `task-arithmetic-${lambda}`, {
      method: "task_arithmetic",
      base: "base",
      parameters: { lambda },
    });
    let mean = 0;
    for (const task of workshop.settings.tasks) {
      const { value } = await score(workshop, { model, task, split: "validation" });
      mean += value / workshop.settings.tasks.length;
    }
    console.log(`task arithmetic, λ = ${lambda}: validation mean ${mean.toFixed(3)}`);
    if (mean > best.mean) best = { lambda, mean };
  }
  return best.lambda;
}
