import type { tf } from "../runtime/index.ts";

/** Backward passes of single examples; an example may have several. Passes go through the network in any order and any company. */
export interface PassList {
  readonly count: number;
  /** What a pass costs, in any unit: those of like size go together. */
  size(pass: number): number;
  /** Makes a batch of some of them. */
  batch(passes: readonly number[]): PassBatch;
}

export interface PassBatch {
  /** The sum of one scalar for each pass: the gradients of these, not of their sum, are what is squared. */
  sum(): tf.Scalar;
  dispose(): void;
}
