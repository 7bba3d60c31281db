import { type Fault, methodOf, type Recipe, RefusedError, type StatisticsNeed } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { fault, refuseAll } from "../refuse.ts";
import { splitFor } from "../statistics/load-task.ts";
import { measurableOf } from "../statistics/measurable.ts";
import { estimationOf, purposeOf, usualExamples, usualGrid } from "../statistics/measure-options.ts";
import { type WantedStatistic, wantedStatistics } from "../statistics/wanted-statistic.ts";
import { statisticRef } from "./statistic-ref.ts";
import { StatisticTasks } from "./statistic-tasks.ts";
import type { StatisticsOptions } from "./statistics-options.ts";

export interface Chosen {
  /** With the statistics of every model named */
  readonly recipe: Recipe;
  /** Those that the recipe did not name itself */
  readonly wanted: readonly WantedStatistic[];
}

interface Models {
  readonly base: ReadyVersion | null;
  readonly parents: readonly ReadyVersion[];
}

/** Where a parent is to be measured; null: as the options and the recipe say. */
export type GridFor = (parent: number) => readonly number[] | null;

/** Names the statistics that the method needs and the recipe leaves out, by the keys that they have or will have. */
export async function chooseStatistics(
  deps: Deps,
  recipe: Recipe,
  { base, parents }: Models,
  options: StatisticsOptions,
  gridFor: GridFor = () => null,
): Promise<Chosen> {
  const { statistics: need, title } = methodOf(recipe);
  if (need === undefined) {
    if (Object.values(options).some((value) => value != null))
      refuseAll([fault("STATISTICS_UNUSED", `${title} takes no statistics, so there is nothing to measure.`, ["statistics"])]);
    return { recipe, wanted: [] };
  }
  const purpose = purposeOf(options, ["statistics", "purpose"]);
  const tasks = new StatisticTasks(deps, options, parents);
  const faults: Fault[] = [];
  const wanted: WantedStatistic[] = [];
  const choose = async (version: ReadyVersion, i: number | null): Promise<readonly string[]> => {
    const task = i === null ? await tasks.ofBase(title) : await tasks.ofParent(version, i);
    const where = i === null ? ["statistics", "baseTask"] : ["statistics", "tasks", i];
    const points = {
      ...{ version, base, task, split: splitFor(task, purpose, where), examples: options.examples ?? usualExamples },
      lambdas: i === null ? [1] : (gridFor(i) ?? lambdasOf(need, recipe.parents[i]?.["lambda"], options)),
      ...(i === null ? {} : densityOf(need, recipe.parents[i]?.["density"])),
      how: estimationOf(need.kind, options, measurableOf[task.kind]?.asks === "tokens", ["statistics"]),
    };
    const path = {
      version: i === null ? ["base"] : ["parents", i, "model"],
      task: where,
      estimator: ["statistics", "estimator"],
    };
    const found = wantedStatistics(points, path);
    wanted.push(...found);
    return found.map(({ key }) => statisticRef(key));
  };
  const chosen = async (named: readonly string[] | undefined, version: ReadyVersion, i: number | null) => {
    if (named !== undefined && named.length > 0) return named;
    try {
      return await choose(version, i);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      faults.push(...error.faults);
      return [];
    }
  };
  const ofParents: (readonly string[])[] = [];
  for (const [i, version] of parents.entries()) ofParents.push(await chosen(recipe.parents[i]?.statistics, version, i));
  const ofBase = need.of === "parents+base" && base !== null ? await chosen(recipe.baseStatistics, base, null) : [];
  refuseAll(uniqueFaults(faults));
  return {
    recipe: {
      ...recipe,
      parents: recipe.parents.map((parent, i) => ({ ...parent, statistics: ofParents[i] ?? [] })),
      ...(ofBase.length > 0 ? { baseStatistics: ofBase } : {}),
    },
    wanted,
  };
}

/** What is wrong with an option is wrong for every parent; it is told once. */
const uniqueFaults = (faults: readonly Fault[]): Fault[] => [
  ...new Map(faults.map((each) => [`${each.code} ${each.path.join(" ")} ${each.message}`, each])).values(),
];

/**
 * Where a model is measured: as asked; else exactly where the recipe moves it; where it moves it differently from tensor to tensor, on a grid from the base
 * to the model and as far as it goes.
 */
function lambdasOf(need: Pick<StatisticsNeed, "at">, own: unknown, { lambdas, grid }: StatisticsOptions): readonly number[] {
  if (need.at === "model") return [1];
  if (lambdas != null) return [...new Set(lambdas)].sort((a, b) => a - b);
  if (typeof own === "number" && grid == null) return [own];
  const said = numbersIn(own);
  return gridOf(Math.min(0, ...said), Math.max(1, ...said), grid ?? usualGrid);
}

/** Evenly spaced, both ends included. Rounded, so that 0.1 + 0.2 is 0.3. */
export const gridOf = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => Number((low + ((high - low) * k) / (count - 1)).toFixed(9)));

/** As task vectors are trimmed, where that is one number: elsewhere information of whole ones is taken as an approximation. */
const densityOf = (need: Pick<StatisticsNeed, "at">, own: unknown): { density?: number } =>
  need.at === "scaled" && typeof own === "number" && own < 1 ? { density: own } : {};

/** Every number of a setting that varies. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}
