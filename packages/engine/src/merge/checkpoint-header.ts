import type { Dtype } from "../tensor/dtype.ts";
import type { Space } from "./define-method.ts";
import type { ListedTask } from "./task-list.ts";
import type { Vocabulary } from "./tokenizer/vocabulary.ts";

/** What a plan reads of a checkpoint: no tensor bytes. */
export interface CheckpointHeader {
  /** Name for messages */
  readonly label: string;
  /** config.json, when there is one */
  readonly config: Readonly<Record<string, unknown>> | null;
  readonly space: Space;
  readonly tensors: readonly TensorHeader[];
  /** Of a checkpoint in space "tasks" */
  readonly tasks?: readonly ListedTask[];
  /** Contents of files that merges leave behind for later ones, such as opcm.json, as they stand there */
  readonly states?: Readonly<Record<string, unknown>>;
  /** Of an adapter on its own, in space "adapter" */
  readonly lora?: LoraHeader | null;
  /** An adapter to be baked in while the tensors are read: what it changes, by tensor */
  readonly adapter?: { readonly label: string; readonly modules: ReadonlyMap<string, AdaptedShape> } | null;
  /** null: the checkpoint has none; undefined: not known, so that nothing is checked */
  readonly tokenizer?: HeaderTokenizer | null;
}

export interface HeaderTokenizer {
  /** Equal for equal files */
  readonly fingerprint: string;
  /**
   * Parses the files, once.
   * @throws RefusedError when they are broken
   */
  vocabulary(): Vocabulary;
}

export interface LoraHeader {
  /** By the name of the base tensor that each changes */
  readonly modules: ReadonlyMap<string, LoraModule>;
  /** Tensors that are kept whole beside the factors, by the name of the base tensor that each replaces */
  readonly saved: readonly string[];
  /** base_model_name_or_path */
  readonly baseModel: string | null;
}

export interface LoraModule {
  readonly rank: number;
  readonly layout: "linear" | "conv1d" | "embedding";
  /** Of the base tensor */
  readonly shape: readonly [rows: number, columns: number];
}

export interface TensorHeader {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The factors B (rows × rank) and A (rank × columns) of an adapter at one tensor. */
export interface AdaptedShape {
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
}
