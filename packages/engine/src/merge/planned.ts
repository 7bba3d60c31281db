import type { Element } from "../expr/expr.ts";
import type { Dtype } from "../tensor/dtype.ts";
import type { BuildInput, Space, Values } from "./define-method.ts";
import type { MergeState, WholeStatistic } from "./prepare/whole-tensor.ts";
import type { Recipe } from "./recipe.ts";
import type { Placed, StatisticHeader } from "./statistics/statistic-header.ts";
import type { EmbeddingAlignment } from "./tokenizer/align-embeddings.ts";
import type { RowMap } from "./tokenizer/row-map.ts";

/** A tensor of one model that takes part. */
export interface PlannedInput {
  /** Index among base, when there is one, parents, and statistics as `listed` has them */
  readonly model: number;
  readonly tensor: string;
  readonly dtype: Dtype;
  /**
   * mask: bits of an EMR result; adapted: read with an adapter baked in, as F32; prepared: on the scratch file of the run;
   * gathered: rows in the order of another vocabulary, as F32; statistic: of a statistic's file, which are numbered after the models
   */
  readonly stored: "plain" | "mask" | "adapted" | "prepared" | "gathered" | "statistic";
  /** Of a statistic that is no number for each element */
  readonly elements?: number;
  /** Of a gathered one */
  readonly gather?: Gather;
}

/** Rows put into the order of another vocabulary, with rows of other models where this one has none. */
export interface Gather {
  readonly map: RowMap;
  /** Elements of a row */
  readonly columns: number;
  /** By model; null where no row is taken from it */
  readonly matrices: readonly (GatheredMatrix | null)[];
}

export interface GatheredMatrix {
  readonly tensor: string;
  readonly dtype: Dtype;
  readonly rows: number;
}

/** What a method's computation on a whole tensor works with. */
export interface PlannedPreparation {
  /** Base first when there is one */
  readonly inputs: readonly PlannedInput[];
  /** For each parent */
  readonly parents: readonly PreparedParent[];
}

export interface PreparedParent {
  readonly space: Space;
  readonly own: Values;
  /** `at`: which of the inputs it is; it has elements of its own */
  readonly statistic?: WholeStatistic & { readonly at: number; readonly elements: number };
}

/** What is made, or copied, of one tensor of the models. */
export interface PlannedSource {
  /** Name in the result */
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Elements of a row: one step along the first axis */
  readonly columns: number;
  readonly inputs: readonly PlannedInput[];
  /** What the method computes with; null: copied, equal in all inputs, which the run verifies byte by byte */
  readonly build: BuildInput<Values, Values> | null;
  /** What is computed before the merge; null: nothing */
  readonly prepare: PlannedPreparation | null;
}

export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Storage type of the result */
  readonly dtype: Dtype;
  readonly source: PlannedSource;
  readonly action: "merge" | "copy";
  /** Computed value; null when copied */
  readonly value: Element | null;
  /** bits: one bit for each element of the source, in bytes */
  readonly stored: "float" | "bits";
  readonly elements: number;
  readonly sizeBytes: number;
}

export interface Plan {
  readonly recipe: Recipe;
  readonly sources: readonly PlannedSource[];
  readonly tensors: readonly PlannedTensor[];
  /** Names left out of the result because a glob of `exclude` matches */
  readonly excluded: readonly string[];
  /** Names copied because integers and booleans are never averaged */
  readonly copied: readonly string[];
  readonly output: Space;
  /** In the order of their files, after those of the models */
  readonly statistics: readonly Placed<StatisticHeader>[];
  /** How the vocabularies of the models became one; null without a tokenizer policy */
  readonly alignment: EmbeddingAlignment | null;
  /** For each layer of stacked slices its number in the model whose configuration is kept; null: layers are as they were */
  readonly layerOrder: readonly number[] | null;
  /** All passes over the inputs together */
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Taken on the disk during the run besides */
  readonly scratchBytes: number;
  /** From which the merge goes on, when its first parent is the result of an earlier one */
  readonly state: MergeState | null;
  peakMemoryBytes(threads: number, tileBytes?: number): number;
  readonly secondsForecast: number;
  readonly notes: readonly string[];
}
