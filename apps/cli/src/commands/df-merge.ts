import { existsSync } from "node:fs";
import path from "node:path";
import { defineCommand } from "citty";
import { refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { describeLambda } from "../local/df-merge/describe-lambda.ts";
import { readDfRecipe } from "../local/df-merge/df-recipe.ts";
import { type DfResult, searchDfMerge } from "../local/df-merge/df-search.ts";
import { keepStatistics } from "../local/df-merge/keep-statistics.ts";
import { writeDfMerge } from "../local/df-merge/write-df-merge.ts";
import { byteSize, jsonOption, wholeNumber } from "../options.ts";
import { formatDifference, formatDuration, formatInterval, formatScore } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

export const dfMergeCommand = defineCommand({
  meta: {
    name: "df-merge",
    description: "Merge text classifiers by DF-Merge, its λ found by Bayesian optimisation",
  },
  args: {
    recipe: {
      type: "positional",
      required: true,
      description:
        "Recipe in YAML: method df_merge, base, parents with model, data and report (JSON Lines of text and label), parameters",
    },
    out_dir: { type: "positional", required: true, description: "Folder to make; must not exist" },
    budget: { type: "string", valueHint: "n", description: "Merges to try; default 60" },
    "keep-statistics": {
      type: "string",
      valueHint: "dir",
      description: "Also keep the Fisher information, and a recipe of the λ found for amalgam merge; must not exist",
    },
    "memory-limit": { type: "string", valueHint: "bytes", description: "Memory that the search may need; default what is free" },
    seed: { type: "string", valueHint: "n", description: "Overrides the seed of the recipe" },
    ...jsonOption,
  },
  async run({ args }) {
    const budget = wholeNumber(args.budget, "--budget", { min: 1, max: 1000 }) ?? 60;
    const seed = wholeNumber(args.seed, "--seed");
    const memoryLimitBytes = byteSize(args["memory-limit"], "--memory-limit");
    const outDir = path.resolve(args.out_dir);
    if (existsSync(outDir)) throw refusal("OUTPUT_EXISTS", `${outDir} exists already.`, [outDir]);
    const kept = args["keep-statistics"] === undefined ? null : path.resolve(args["keep-statistics"]);
    if (kept !== null && existsSync(kept)) throw refusal("OUTPUT_EXISTS", `${kept} exists already.`, [kept]);
    const read = await readDfRecipe(args.recipe);
    const recipe = seed === undefined ? read : { ...read, seed };
    const progress = {
      measuring: startProgress("Fisher information", { unit: "none" }),
      searching: startProgress("Searching", { unit: "none" }),
    };
    try {
      const result = await interruptible(async (signal) => {
        const found = await searchDfMerge(recipe, {
          ...{ budget, signal, memoryLimitBytes },
          onProgress(step, state) {
            if (step === "searching") progress.measuring.finish();
            progress[step].update(state);
          },
        });
        try {
          await writeDfMerge(outDir, recipe, found, signal);
          if (kept !== null) await keepStatistics(kept, recipe, found, signal);
        } finally {
          found.laboratory.dispose();
        }
        return found;
      });
      progress.searching.finish();
      if (args.json === true) printJson({ ...toldOf(result, outDir), ...(kept === null ? {} : { statistics: kept }) });
      else show(result, outDir);
      if (kept !== null && args.json !== true)
        print(`Kept what was measured in ${kept}: amalgam merge ${path.join(kept, "recipe.yaml")} OUT merges it again`);
    } finally {
      progress.measuring.finish();
      progress.searching.finish();
    }
  },
});

function toldOf({ lambdas, rows, measuredOn, overAverage, trials, seconds }: DfResult, outDir: string) {
  return { outDir, lambdas, rows, measuredOn, overAverage, trials, seconds };
}

function show({ lambdas, rows, measuredOn, overAverage, seconds, trials }: DfResult, outDir: string): void {
  const tasks = Object.keys(lambdas);
  const head = [{ title: measuredOn }, ...["mean (95 %)", ...tasks].map((title) => ({ title, align: "right" as const }))];
  const cells = rows.map(({ name, mean, tasks: scores }) => [
    name,
    formatInterval(mean.value, mean.low, mean.high),
    ...scores.map(formatScore),
  ]);
  print(renderTable(head, cells, styleFor(process.stdout)));
  const isGrouped = Object.values(lambdas).some((lambda) => typeof lambda !== "number");
  const told = Object.entries(lambdas).map(([name, lambda]) => `${name}${isGrouped ? ":" : ""} ${describeLambda(lambda, 3)}`);
  print(`λ  ${told.join(isGrouped ? "\n   " : ", ")}`);
  print(`over the average  ${formatDifference(overAverage.value, overAverage.low, overAverage.high)}`);
  if (measuredOn === "search")
    print("These are the examples that the λ were chosen on; give parents a report file for numbers that do not flatter.");
  const { fisher, suggest, merge, evaluate } = seconds;
  print(
    `${trials.length} trials: Fisher information ${formatDuration(fisher)}, suggestions ${formatDuration(suggest)}, merges ${formatDuration(merge)}, evaluation ${formatDuration(evaluate)}`,
  );
  print(`Merged into ${outDir}`);
}
