import { writeFile } from "node:fs/promises";
import path from "node:path";
import { saveTrunk } from "@amalgam/engine/laboratory";
import { version } from "../../version.ts";
import { digestOf } from "../digest-of.ts";
import { describeLambda, type LambdaOf } from "./describe-lambda.ts";
import type { DfRecipe } from "./df-recipe.ts";
import type { DfResult } from "./df-search.ts";

/** Writes the merged model with a card and `df-merge.json`: parents by digest, every λ, all trials, seed and version. */
export async function writeDfMerge(outDir: string, recipe: DfRecipe, result: DfResult, signal: AbortSignal): Promise<void> {
  const { laboratory, trunk, rows, measuredOn, overAverage, trials, seconds, lambdas } = result;
  const digests = { base: await digestOf(recipe.base, signal), parents: [] as string[] };
  for (const { model } of recipe.parents) digests.parents.push(await digestOf(model, signal));
  const manifest = {
    method: "df_merge",
    version,
    seed: recipe.seed,
    parameters: recipe.parameters,
    base: { model: path.basename(recipe.base), digest: digests.base },
    parents: recipe.parents.map(({ name }, i) => ({ model: name, digest: digests.parents[i], lambda: lambdas[name] })),
    measuredOn,
    rows,
    overAverage,
    seconds,
    trials,
  };
  const metadata = { "amalgam.method": "df_merge" };
  await saveTrunk(outDir, trunk, { base: recipe.base, laboratory, metadata }, async (folder) => {
    await writeFile(path.join(folder, "df-merge.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    await writeFile(path.join(folder, "README.md"), card(manifest));
  });
}

interface CardFacts {
  readonly base: { readonly model: string; readonly digest: string | undefined };
  readonly parents: readonly {
    readonly model: string;
    readonly digest: string | undefined;
    readonly lambda: LambdaOf | undefined;
  }[];
  readonly parameters: DfRecipe["parameters"];
}

function card({ base, parents, parameters }: CardFacts): string {
  const kind =
    parameters.density < 1
      ? "trimmed DF-Merge (our extension: task vectors keep their largest elements)"
      : "DF-Merge (arXiv 2504.18992)";
  return [
    "---",
    "tags: [merge, amalgam]",
    "---",
    "",
    `Merged by ${kind}: θ = θ₀ + M · Σ F λτ / Σ F, Fisher information ${parameters.fisher}, λ found by Bayesian optimisation.`,
    "The label heads stay with the parents; `df-merge.json` has every trial.",
    "",
    "| | model | digest | λ |",
    "| --- | --- | --- | --- |",
    `| base | ${base.model} | ${base.digest} | |`,
    ...parents.map(({ model, digest, lambda }) => `| parent | ${model} | ${digest} | ${describeLambda(lambda ?? 0, 4)} |`),
    "",
  ].join("\n");
}
