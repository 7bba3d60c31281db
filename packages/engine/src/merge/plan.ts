import type { Element } from "../expr/expr.ts";
import { byteLength, type Dtype, isArithmetic } from "../tensor/dtype.ts";
import { planCombination } from "./adapters/plan-combination.ts";
import { planExtraction } from "./adapters/plan-extraction.ts";
import { alignModels, vocabularyTensorsOf } from "./align-models.ts";
import { headPatterns, matchesGlob } from "./architectures.ts";
import { assignTensors } from "./assign-tensors.ts";
import { checkSpaces } from "./check-headers.ts";
import { checkSurvey } from "./check-survey.ts";
import type { CheckpointHeader } from "./checkpoint-header.ts";
import { compareTokenizers } from "./compare-tokenizers.ts";
import type { BuildInput, BuiltOutput, MergeMethod, Values } from "./define-method.ts";
import { fault, RefusedError } from "./fault.ts";
import { forecastOf } from "./forecast.ts";
import { SourcePlanner } from "./plan-sources.ts";
import type { Plan, PlannedSource, PlannedTensor } from "./planned.ts";
import { checkPreparation, stateOf } from "./prepare/plan-preparation.ts";
import type { MergeState } from "./prepare/whole-tensor.ts";
import { methodOf, type Recipe } from "./recipe.ts";
import { checkDensity, checkStatisticsKind } from "./statistics/check-statistics.ts";
import { listed, noStatistics, type PerModel, referencesIn, type StatisticHeader } from "./statistics/statistic-header.ts";

export type { Plan, PlannedInput, PlannedSource, PlannedTensor } from "./planned.ts";

/** Headers of a merge in the order of the recipe. */
export interface MergeHeaders {
  readonly base: CheckpointHeader | null;
  readonly parents: readonly CheckpointHeader[];
  /** Of the statistics that the recipe names, in its order; absent: it names none */
  readonly statistics?: PerModel<StatisticHeader> | undefined;
}

/**
 * Decides everything about a merge from headers alone: which tensors are merged, copied or left out, and what it will cost.
 * @throws RefusedError with every mismatch located: tensors that differ in name, shape or type, deltas where weights are expected
 */
export function plan(recipe: Recipe, { base, parents, statistics = noStatistics }: MergeHeaders): Plan {
  const method = methodOf(recipe);
  const models = base === null ? parents : [base, ...parents];
  if (parents.length !== recipe.parents.length || models.length === 0 || (base === null) !== (recipe.base === null)) {
    throw new Error("plan() needs the headers of every model of the recipe.");
  }
  const named = referencesIn(recipe);
  if (listed(named).length !== listed(statistics).length)
    throw new Error("plan() needs the header of every statistic of the recipe.");
  const density = checkDensity(recipe, statistics);
  const unfit = [...checkStatisticsKind(method, statistics), ...density.faults];
  if (unfit.length > 0) throw new RefusedError(unfit);
  const misplaced = checkSpaces(recipe, base, parents);
  // Factors and weights have no names in common: to go on would only name every tensor.
  if (misplaced.length > 0 && (method.accepts.includes("adapter") || models.some(({ space }) => space === "adapter")))
    throw new RefusedError(misplaced);
  if (method.adapters?.kind === "combine") return planCombination(recipe, method.adapters, parents);
  const globs = globsOf(recipe, method, models);
  const isExcluded = (name: string) => globs.some((glob) => matchesGlob(glob, name));
  const { assignments, layerOrder, faults } = assignTensors(recipe, { base, parents });
  const included = assignments.filter(({ name }) => !isExcluded(name));
  const isVocabulary = vocabularyTensorsOf(models);
  const isEmbedding = (name: string) => isVocabulary(name) && !isExcluded(name);
  const aligned = recipe.tokenizer === null ? null : alignModels(recipe, recipe.tokenizer, models, isEmbedding);
  const isCompared = aligned === null && included.some(({ name }) => isEmbedding(name));
  const tokenizers = isCompared ? compareTokenizers(recipe, models) : { faults: [], notes: [], areSame: false };
  const planner = new SourcePlanner(recipe, models, { aligned, areSame: tokenizers.areSame, isEmbedding }, statistics);
  const sources = planner.plan(included);
  const preparation = checkPreparation(method, recipe);
  const all = [
    ...preparation,
    ...faults,
    ...tokenizers.faults,
    ...misplaced,
    ...(faults.length > 0 ? [] : planner.faults(isExcluded)),
    ...checkSurvey(recipe, sources),
  ];
  if (all.length > 0) throw new RefusedError(all);

  const state = stateOf(method, parents);
  const extraction =
    method.adapters === null ? null : planExtraction(recipe, method.adapters, { sources, config: base?.config ?? null });
  const outputs = outputsOf(recipe, method);
  const tensors = extraction?.tensors ?? sources.flatMap((source) => outputs(source));
  if (tensors.length === 0)
    throw new RefusedError([fault("NOTHING_TO_MERGE", "Every tensor is excluded, so there is nothing to merge.", ["exclude"])]);
  const names = models.flatMap((model) => model.tensors.map(({ name }) => name));
  const excluded = [...new Set(names.filter(isExcluded))].sort();
  return {
    recipe,
    sources,
    tensors,
    excluded,
    layerOrder,
    alignment: aligned?.alignment ?? null,
    copied: tensors.filter(({ action }) => action === "copy").map(({ name }) => name),
    output: method.output,
    statistics: listed(statistics),
    state,
    ...(extraction?.forecast ?? forecastOf(recipe, sources, tensors)),
    notes: [
      ...describe(recipe, globs, excluded.length, tensors),
      ...(extraction?.notes ?? []),
      ...describeState(state, parents),
      ...planner.notes,
      ...density.notes,
      ...tokenizers.notes,
      ...(aligned?.notes ?? []),
    ],
  };
}

function globsOf({ exclude }: Recipe, { heads, output }: MergeMethod, models: readonly CheckpointHeader[]): readonly string[] {
  if (exclude !== null) return exclude;
  return heads === "merged" && output === "weights" ? [] : headPatterns(models.map(({ config }) => config));
}

/** The tensors that a method makes of a source; what is built of the same input is built once. */
function outputsOf(recipe: Recipe, method: MergeMethod): (source: PlannedSource) => PlannedTensor[] {
  const known = new Map<BuildInput<Values, Values>, readonly BuiltOutput[]>();
  return (source) => {
    const { name, shape, build, elements } = source;
    const stored = (dtype: Dtype): Dtype => {
      if (!isArithmetic(dtype)) return dtype;
      return method.output === "weights" ? (recipe.dtype ?? dtype) : "F32";
    };
    const dtype = stored((source.prepare?.inputs ?? source.inputs)[0]?.dtype ?? "F32");
    const common = { source, elements };
    if (build === null)
      return [
        { ...common, name, shape, dtype, action: "copy", value: null, stored: "float", sizeBytes: byteLength(dtype, shape) },
      ];
    const built = known.get(build) ?? method.build(build);
    known.set(build, built);
    return built.map(({ prefix, value, stored: how }): PlannedTensor => {
      const bits = how === "bits";
      const ownShape = bits ? [Math.ceil(elements / 8)] : shape;
      const type = bits ? "U8" : dtype;
      return {
        ...common,
        name: `${prefix}${name}`,
        shape: ownShape,
        dtype: type,
        action: "merge",
        value: value satisfies Element,
        stored: how,
        sizeBytes: byteLength(type, ownShape),
      };
    });
  };
}

const describeState = (state: MergeState | null, [first]: readonly CheckpointHeader[]): string[] =>
  state === null ? [] : [`${first?.label} is the result of merging ${state["count"]} models, from which this merge goes on.`];

function describe(recipe: Recipe, globs: readonly string[], excluded: number, tensors: readonly PlannedTensor[]): string[] {
  const notes: string[] = [];
  const plural = (n: number) => `${n} ${n === 1 ? "tensor" : "tensors"}`;
  if (excluded > 0)
    notes.push(
      `${plural(excluded)} left out by ${globs.join(", ")}${recipe.exclude === null ? " (heads of the architecture)" : ""}.`,
    );
  const copied = tensors.filter(({ action }) => action === "copy").length;
  if (copied > 0) notes.push(`${plural(copied)} of integers copied; the run checks that they are equal in all models.`);
  const zero = recipe.parents
    .filter(({ model, adapter }) => model === recipe.base && adapter === undefined)
    .map(({ model }) => model);
  for (const model of zero) notes.push(`${model} is the base itself, so its task vector is zero.`);
  return notes;
}
