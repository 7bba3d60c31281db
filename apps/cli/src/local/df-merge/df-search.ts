import { readExamples } from "@amalgam/engine/evaluate";
import {
  checkLaboratory,
  drawItems,
  type EncodedExample,
  fisherGrids,
  type Laboratory,
  openLaboratory,
  scoreTrunk,
} from "@amalgam/engine/laboratory";
import { dfMerge, type FisherAt, interpolateFisher, type TensorMap, trim } from "@amalgam/engine/merge-by-statistics";
import { loadTokenizer, readHeadLabels, selectBackend } from "@amalgam/engine/runtime";
import { type CorrectBits, countCorrect, type Estimate, macroInterval, pairedDifference } from "@amalgam/engine/scores";
import { refusal } from "../../failure.ts";
import { asRefusal } from "../evaluate-here.ts";
import type { LambdaOf } from "./describe-lambda.ts";
import { type Groups, groupsOf } from "./df-groups.ts";
import type { DfParameters, DfRecipe } from "./df-recipe.ts";
import { type FoundLambdas, searchLambdas } from "./search-lambdas.ts";
import { startClock } from "./start-clock.ts";

export interface DfOptions {
  readonly budget: number;
  readonly signal: AbortSignal;
  /** Default: what is free. */
  readonly memoryLimitBytes?: number | undefined;
  onProgress(step: "measuring" | "searching", progress: { done: number; total: number; note?: string }): void;
}

/** Accuracy of one trunk under every task's head. */
export interface DfRow {
  readonly name: string;
  readonly mean: Estimate;
  readonly tasks: readonly number[];
}

export interface DfResult {
  readonly laboratory: Laboratory;
  readonly trunk: TensorMap;
  /** Fisher information of each parent, by λ; empty where none was asked for */
  readonly grids: readonly (readonly FisherAt[])[];
  /** How many examples each was measured on */
  readonly examples: readonly number[];
  /** λ of each parent, or of each of its groups of tensors by their names */
  readonly lambdas: Readonly<Record<string, LambdaOf>>;
  /** The same as a recipe of a merge has it */
  readonly settings: readonly ReturnType<Groups["settingOf"]>[];
  /** Base, parents, average, result; on the report data where every parent has some, else on the data that was searched. */
  readonly rows: readonly DfRow[];
  readonly measuredOn: "report" | "search";
  /** Result minus average, on the same examples. */
  readonly overAverage: Estimate;
  readonly trials: FoundLambdas["trials"];
  readonly seconds: { readonly fisher: number; readonly suggest: number; readonly merge: number; readonly evaluate: number };
}

/** Finds the λ of DF-Merge by Bayesian optimisation on the recipe's data. The caller disposes the laboratory. */
export async function searchDfMerge(recipe: DfRecipe, options: DfOptions): Promise<DfResult> {
  const { parents, parameters } = recipe;
  await checkMemory(recipe, options);
  await selectBackend();
  const laboratory = await openLaboratory(recipe.base, parents);
  try {
    const search = await encodeAll(recipe, laboratory, ({ data }) => data);
    const deltas = laboratory.experts.map(({ delta }) => (parameters.density < 1 ? trim(delta, parameters.density) : delta));
    const clock = startClock();
    const grids = parameters.fisher === "none" ? [] : await measure(recipe, laboratory, deltas, search, options);
    const fisher = clock();
    const groups = groupsOf(parameters.groups, [...laboratory.base.keys()]);
    const merge = (lambdas: readonly (readonly number[])[]): TensorMap =>
      mergeAt(laboratory, { deltas, grids, granularity: parameters.granularity }, groups, lambdas);
    const found = await searchLambdas(recipe, groups.names, options, async (lambdas) => {
      const started = startClock();
      const trunk = merge(lambdas);
      const seconds = started();
      return { value: macro(await scoreTrunk(laboratory, trunk, search, options.signal)), merge: seconds };
    });
    const trunk = merge(found.lambdas);
    const hasReport = parents.every(({ report }) => report !== null);
    const examples = hasReport ? await encodeAll(recipe, laboratory, ({ report, data }) => report ?? data) : search;
    const average = dfMerge(
      laboratory.base,
      laboratory.experts.map(({ delta }) => ({ delta, fisher: null, lambda: 1 / parents.length })),
    );
    const candidates: readonly (readonly [string, TensorMap])[] = [
      ["base", laboratory.base],
      ...laboratory.experts.map(({ name, weights }) => [name, weights] as const),
      ["average", average],
      ["df_merge", trunk],
    ];
    const all: CorrectBits[][] = [];
    for (const [, candidate] of candidates) all.push(await scoreTrunk(laboratory, candidate, examples, options.signal));
    return {
      laboratory,
      trunk,
      grids,
      examples: search.map((own) => Math.min(own.length, parameters.examples)),
      lambdas: Object.fromEntries(parents.map(({ name }, i) => [name, named(groups, found.lambdas[i] ?? [])])),
      settings: found.lambdas.map((values) => groups.settingOf(values)),
      rows: candidates.map(([name], i) => rowOf(name, all[i] ?? [])),
      measuredOn: hasReport ? "report" : "search",
      overAverage: pairedDifference(all.at(-1) ?? [], all.at(-2) ?? []),
      trials: found.trials,
      seconds: { fisher, ...found.seconds },
    };
  } catch (error) {
    laboratory.dispose();
    throw error;
  }
}

/** Before any weight is read: headers are enough to know that it will not fit. */
async function checkMemory({ base, parents, parameters }: DfRecipe, { memoryLimitBytes }: DfOptions): Promise<void> {
  const points = { none: 0, frozen: 1, conditional: parameters.grid }[parameters.fisher];
  const plan = { base, experts: parents.map(({ model }) => model), points, isTrimmed: parameters.density < 1 };
  try {
    await checkLaboratory(plan, memoryLimitBytes);
  } catch (error) {
    throw asRefusal(error, "MEMORY_SHORT");
  }
}

async function encodeAll(
  recipe: DfRecipe,
  { experts }: Laboratory,
  fileOf: (parent: DfRecipe["parents"][number]) => string,
): Promise<EncodedExample[][]> {
  const tokenizer = await loadTokenizer(recipe.base);
  const longest = Math.min(...experts.map(({ network }) => network.maxLength));
  const all: EncodedExample[][] = [];
  for (const parent of recipe.parents) {
    const labels = await readHeadLabels(parent.model);
    if (labels === null)
      throw refusal("LABELS_MISSING", `${parent.model}: config.json names no labels (id2label), so its data cannot be read.`, [
        parent.model,
      ]);
    const file = fileOf(parent);
    try {
      all.push(readExamples(file, labels).map(({ text, label }) => ({ input: tokenizer.encode(text, longest), label })));
    } catch (error) {
      throw refusal("BAD_EXAMPLES", (error as Error).message, [file]);
    }
  }
  return all;
}

function measure(
  { parameters, seed }: DfRecipe,
  laboratory: Laboratory,
  deltas: readonly TensorMap[],
  search: readonly (readonly EncodedExample[])[],
  { signal, onProgress }: DfOptions,
): Promise<FisherAt[][]> {
  const { low, high, grid, examples, fisher, estimator: kind } = parameters;
  // The last is exactly the bound: a λ found there must not lie outside by a rounding.
  const points = Array.from({ length: grid }, (_, k) => (k === grid - 1 ? high : low + (k * (high - low)) / (grid - 1)));
  const lambdas = fisher === "frozen" ? [1] : points;
  const chosen = search.map((own, i) => drawItems(own, examples, seed + i));
  return fisherGrids(laboratory, deltas, chosen, {
    ...{ lambdas, signal, estimator: kind === "sampled" ? { kind, draws: 1, seed } : { kind } },
    onProgress: (progress) => onProgress("measuring", progress),
  });
}

interface Merging {
  readonly deltas: readonly TensorMap[];
  readonly grids: readonly (readonly FisherAt[])[];
  readonly granularity: DfParameters["granularity"];
}

function mergeAt(
  { base, experts }: Laboratory,
  { deltas, grids, granularity }: Merging,
  groups: Groups,
  lambdas: readonly (readonly number[])[],
): TensorMap {
  const models = deltas.map((delta, i) => {
    const own = lambdas[i] ?? [];
    const lambda = own.length === 1 ? (own[0] ?? 0) : (tensor: string) => own[groups.of(tensor)] ?? 0;
    const grid = grids[i];
    return { delta, lambda, fisher: grid === undefined ? null : interpolateFisher(grid, lambda) };
  });
  const shapes = experts[0]?.network.parameters;
  return dfMerge(base, models, {
    granularity: granularity === "parameter" ? "param" : granularity,
    // A tensor with fewer than two axes is one row, as everywhere.
    rowsOf: (tensor) => (shapes !== undefined && shapes.shape(tensor).length > 1 ? (shapes.shape(tensor)[0] ?? 1) : 1),
  });
}

const named = ({ names }: Groups, values: readonly number[]): LambdaOf =>
  names.length === 1 ? (values[0] ?? 0) : Object.fromEntries(names.map((name, k) => [name, values[k] ?? 0]));

const macro = (bits: readonly CorrectBits[]): number =>
  bits.reduce((sum, each) => sum + countCorrect(each) / each.n, 0) / bits.length;

function rowOf(name: string, bits: readonly CorrectBits[]): DfRow {
  const tasks = bits.map((each) => ({ value: countCorrect(each) / each.n, n: each.n }));
  return { name, mean: macroInterval(tasks), tasks: tasks.map(({ value }) => value) };
}
