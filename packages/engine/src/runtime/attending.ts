import { causalAttention } from "@amalgam/tfjs-backend-ort";
import type { tf } from "./tf.ts";
import type { TokenBatch } from "./token-batch.ts";

export interface AttentionHeads {
  /** Of the queries. */
  readonly heads: number;
  /** Of keys and values, a divisor of `heads`. */
  readonly keyHeads: number;
  /** A position sees itself and window − 1 before it; default: all before it. */
  readonly window?: number;
}

/** What the tokens of a pass through a causal model see. The hidden states have `batch` × `places.length` rows. */
export interface Attending {
  readonly batch: number;
  /** Place in its text of each token, the same for every text of the batch. */
  readonly places: Int32Array;
  /** Attention of a layer's queries, keys and values, [rows, heads·d], each token to what comes before it in its text. */
  attend(layer: number, query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D, shape: AttentionHeads): tf.Tensor2D;
}

/** Texts from their first token on, with nothing kept: what gradients can flow through. */
export const wholeTexts = ({ size: batch, length }: TokenBatch): Attending => ({
  batch,
  places: Int32Array.from({ length }, (_, index) => index),
  attend: (_, query, key, value, shape) => causalAttention(query, key, value, { batch, length, ...shape }),
});
