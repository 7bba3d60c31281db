import type { Space, Values } from "../define-method.ts";

/** What a merge leaves behind for a later one that goes on from its result: numbers by name. */
export type MergeState = Readonly<Record<string, number>>;

/** A parent of a merge at one tensor. */
export interface WholeParent {
  readonly space: Space;
  /** What the recipe says for this parent */
  readonly own: Values;
  /** Reads all of its values, anew at each call, so that no more tensors are in memory than are worked on */
  read(): Float32Array;
  /** What was measured of it at this tensor, of a method that needs it */
  readonly statistic?: WholeStatistic & { read(): Float32Array };
}

/** What Gram statistics say of a tensor. */
export interface WholeStatistic {
  /** gram: the mean of x·xᵀ over its inputs, [inputs, inputs]; table: how often each of its rows is read, [rows] */
  readonly kind: "gram" | "table";
  /** Whether the inputs of the layer are the rows of the tensor, as GPT-2 stores it; else they are all axes but the first */
  readonly isTransposed: boolean;
}

/** One tensor of a merge, for a computation that needs all of it at once. */
export interface WholeTensor {
  /** In the result */
  readonly name: string;
  readonly shape: readonly number[];
  readonly base: Pick<WholeParent, "read"> | null;
  readonly parents: readonly WholeParent[];
  readonly params: Values;
  /** Of an earlier merge whose result is the first parent; null: the first parent is a model like the others */
  readonly state: MergeState | null;
}

export interface PreparedTensor {
  /** As many as the tensor has */
  readonly values: Float32Array;
  /** Facts about this tensor, for the method's conclusion over all of them */
  readonly numbers: Readonly<Record<string, number>>;
}

/** The same tensor gives the same bits, whatever thread it runs on. */
export type Computation = (tensor: WholeTensor) => PreparedTensor;
