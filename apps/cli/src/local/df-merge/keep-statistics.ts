import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseRecipe } from "@amalgam/engine/merge";
import { estimatorSettings, estimatorVersions, type FisherEstimator, writeStatistic } from "@amalgam/engine/statistics";
import { digestOf, sha256 } from "../digest-of.ts";
import { writeRecipe } from "../write-recipe.ts";
import type { DfRecipe } from "./df-recipe.ts";
import type { DfResult } from "./df-search.ts";

/**
 * Writes what a search has measured, one file for each parent and λ, and recipe.yaml with the λ that it has found: amalgam merge
 * then makes the same weights, up to the last rounding of f32, and any other λ within the grid without measuring anew.
 * @param folder is made; paths in the recipe count from it
 */
export async function keepStatistics(folder: string, recipe: DfRecipe, result: DfResult, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { parameters, seed } = recipe;
  const { estimator: kind } = parameters;
  const estimator: FisherEstimator = kind === "sampled" ? { kind, draws: 1, seed } : { kind };
  const base = await digestOf(recipe.base, signal);
  const statistics: string[][] = [];
  for (const [i, { name, model, data }] of recipe.parents.entries()) {
    const common = {
      ...({ kind: "fisher", estimator: parameters.estimator, estimatorVersion: estimatorVersions.fisher } as const),
      settings: {
        ...estimatorSettings(estimator, { asks: "labels" }),
        ...(parameters.density < 1 ? { density: parameters.density } : {}),
      },
      ...{ model: await digestOf(model, signal), data: await sha256(data), examples: result.examples[i] ?? 0, seed: seed + i },
    };
    const files: string[] = [];
    for (const { lambda, fisher } of result.grids[i] ?? []) {
      const file = `${i}-${name}.lambda-${lambda}.safetensors`;
      const shapes = result.laboratory.experts[i]?.network.parameters;
      const tensors = [...fisher].map(
        ([tensor, values]) => [tensor, { shape: shapes?.shape(tensor) ?? [values.length], values }] as const,
      );
      const isItself = lambda === 1 && parameters.density === 1;
      await writeStatistic(path.join(folder, file), { ...common, base: isItself ? null : base, lambda }, tensors);
      files.push(file);
    }
    statistics.push(files);
  }
  await writeFile(path.join(folder, "recipe.yaml"), writeRecipe(parseRecipe(recipeOf(folder, recipe, result, statistics))));
}

function recipeOf(folder: string, recipe: DfRecipe, { settings }: DfResult, statistics: readonly (readonly string[])[]): unknown {
  const { fisher, density, granularity } = recipe.parameters;
  const place = (model: string) => path.relative(folder, path.resolve(model)) || ".";
  const isTrimmed = density < 1;
  const common = { base: place(recipe.base), dtype: "F32" };
  const models = recipe.parents.map(({ model }, i) => ({
    model: place(model),
    lambda: settings[i] ?? 0,
    statistics: statistics[i] ?? [],
  }));
  // Without Fisher information the same formula is task arithmetic.
  if (fisher === "none")
    return {
      ...{ method: "task_arithmetic", ...common, parameters: { lambda: 1 } },
      parents: models.map(({ model, lambda }) => ({ model, weight: lambda })),
    };
  return {
    ...{ method: isTrimmed ? "trimmed_df_merge" : "df_merge", ...common, parameters: { granularity } },
    parents: isTrimmed ? models.map((parent) => ({ ...parent, density })) : models,
  };
}
