import { defaultSampler, incumbent, type Params, type Sampler, type Space, suggest, type Trial } from "@amalgam/engine/tune";
import type { DfParameters, DfRecipe } from "./df-recipe.ts";
import type { DfOptions, DfResult } from "./df-search.ts";
import { startClock } from "./start-clock.ts";

export interface FoundLambdas {
  /** For each parent, of each of its groups of tensors */
  readonly lambdas: readonly (readonly number[])[];
  readonly trials: readonly { readonly params: Params; readonly value: number }[];
  readonly seconds: Pick<DfResult["seconds"], "suggest" | "merge" | "evaluate">;
}

/** Searches one λ for each parent and group of tensors, or for each group alone where parents share theirs. */
export async function searchLambdas(
  { parents, parameters, seed }: DfRecipe,
  groups: readonly string[],
  { budget, onProgress, signal }: DfOptions,
  score: (lambdas: readonly (readonly number[])[]) => Promise<{ value: number; merge: number }>,
): Promise<FoundLambdas> {
  const { low, high, shared } = parameters;
  const nameOf = (parent: number, group: string): string =>
    `lambda${shared ? "" : `[${parent}]`}${groups.length === 1 ? "" : `{${group}}`}`;
  const names = [...new Set(parents.flatMap((_, i) => groups.map((group) => nameOf(i, group))))];
  const space: Space = names.map((name) => ({ name, kind: "float", low, high }));
  const sampler = samplerOf(parameters, names.length);
  const inside = (value: number): number => Math.min(high, Math.max(low, value));
  const anchors = [1 / parents.length, 0.3, 0.5, 1].map((value) =>
    Object.fromEntries(names.map((name) => [name, inside(value)])),
  );
  const lambdasOf = (params: Params) => parents.map((_, i) => groups.map((group) => params[nameOf(i, group)] ?? 0));
  const trials: Trial[] = [];
  const seconds = { suggest: 0, merge: 0, evaluate: 0 };
  while (trials.length < budget) {
    signal.throwIfAborted();
    const asked = startClock();
    const { params } = suggest({ space, trials, seed, anchors, sampler });
    seconds.suggest += asked();
    const started = startClock();
    const { value, merge } = await score(lambdasOf(params));
    seconds.merge += merge;
    seconds.evaluate += started() - merge;
    trials.push({ params, state: "complete", value });
    const best = Math.max(...trials.map((trial) => trial.value ?? 0));
    onProgress("searching", { done: trials.length, total: budget, note: `best ${(100 * best).toFixed(1)} %` });
  }
  const best = trials[incumbent(space, trials, "smoothed", seed)?.trial ?? 0];
  if (best === undefined) throw new Error("A search needs at least one trial.");
  return { lambdas: lambdasOf(best.params), trials: trials.map(({ params, value = 0 }) => ({ params, value })), seconds };
}

/** auto: what the optimiser takes by itself; 2.576 is the κ of DF-Merge's reference run. */
function samplerOf({ acquisition }: DfParameters, dimensions: number): Sampler {
  const sampler = defaultSampler(dimensions);
  if (acquisition === "auto" || sampler.kind !== "gp") return sampler;
  if (acquisition === "thompson") return { ...sampler, acquisition: { kind: "thompson" } };
  return { ...sampler, acquisition: acquisition === "ucb" ? { kind: "ucb", kappa: 2.576 } : { kind: "logEi", margin: 0 } };
}
