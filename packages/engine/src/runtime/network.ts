import type { BranchedBatch } from "./branching.ts";
import type { ImageShape } from "./images.ts";
import type { Layers } from "./layers.ts";
import type { Parameters } from "./parameters.ts";
import type { tf } from "./tf.ts";
import type { TokenBatch } from "./token-batch.ts";

export const headKinds = ["classification", "masked-language", "causal-language", "sequence-to-sequence"] as const;
/** What the last layer of a network says: scores of labels, or of the tokens at chosen positions. */
export type HeadKind = (typeof headKinds)[number];

/** A network with its weights, whatever its architecture. `logits` may be called in a gradient; its caller disposes the result. */
interface RunnableNetwork<Input> {
  /** `model_type` of the config. */
  readonly architecture: string;
  readonly head: HeadKind;
  /** Labels of a classification head; else the size of the vocabulary. */
  readonly outputs: number;
  readonly parameters: Parameters;
  /** Every layer of the forward pass goes through these, so statistics of its inputs and gradients can be taken there. */
  readonly layers: Layers;
  /**
   * Scores [rows, outputs]. A classification head gives one row an example; another head one row for each of `positions`
   * (row·length + column in the batch; in the target of a pair): a masked head scores the token that stands there, a causal head and a decoder the token that follows.
   */
  logits(input: Input, positions?: Int32Array): tf.Tensor2D;
  dispose(): void;
}

/** Source tokens for an encoder, target tokens for its decoder. */
export interface PairBatch {
  readonly source: TokenBatch;
  readonly target: TokenBatch;
  /** Row of the source that each row of the target belongs to, so that a shared source is read once; by default its own. */
  readonly owners?: Int32Array;
}

/** Texts that are continued token by token. What was read is kept: a step costs one token a text. */
export interface Decoding {
  /** Scores [texts, outputs] of the token after what was begun with. The caller disposes them. */
  first(): tf.Tensor2D;
  /**
   * The same after one more token.
   * @param rows the texts that go on, in order, counted among those of the step before
   * @param tokens the token that each of them goes on with
   */
  next(rows: Int32Array, tokens: Int32Array): tf.Tensor2D;
  dispose(): void;
}

export interface TextNetwork extends RunnableNetwork<TokenBatch> {
  readonly input: "tokens";
  /** Rows of the embedding: every token id is below it. */
  readonly vocabularySize: number;
  /** Tokens that fit into one sequence. */
  readonly maxLength: number;
  /** Of a causal head: begins to continue texts. */
  decode?(texts: TokenBatch): Decoding;
  /** Of a causal head: `logits` of texts that share their beginnings, which are read once. */
  branchedLogits?(texts: BranchedBatch, positions: Int32Array): tf.Tensor2D;
}

export interface PairNetwork extends RunnableNetwork<PairBatch> {
  readonly input: "pairs";
  readonly vocabularySize: number;
  readonly maxLength: number;
  /** First token of every target. */
  readonly startToken: number;
  /** Begins targets with the start token and continues them. */
  decode(source: TokenBatch): Decoding;
}

/** Pixels [size, height, width, channels], already scaled and normalised. */
export interface ImageNetwork extends RunnableNetwork<tf.Tensor4D> {
  readonly input: "images";
  /** Images it takes; null where any height and width will do. */
  readonly imageShape: ImageShape;
}

/** Rows of numbers [size, features]. */
export interface TableNetwork extends RunnableNetwork<tf.Tensor2D> {
  readonly input: "features";
  readonly features: number;
}

export type Network = TextNetwork | PairNetwork | ImageNetwork | TableNetwork;
