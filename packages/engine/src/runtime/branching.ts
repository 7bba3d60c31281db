import type { Attending, AttentionHeads } from "./attending.ts";
import { HIDDEN_SCORE } from "./attention-mask.ts";
import { tf } from "./tf.ts";
import { padBatch, type TokenBatch } from "./token-batch.ts";

/** A text that goes on in several ways: each branch stands right behind the stem, and none sees another. */
export interface BranchedText {
  readonly stem: readonly number[];
  readonly branches: readonly (readonly number[])[];
}

/** Stems with their branches, one after the other in a row. */
export interface BranchedBatch extends TokenBatch {
  /** Place of each token in its text, that of its stem and branch alone. */
  readonly places: Int32Array;
  /** Of each token: 0 in the stem, else the number of its branch; behind the end of a row −1. */
  readonly branches: Int32Array;
}

export function packBranches(texts: readonly BranchedText[]): BranchedBatch {
  const batch = padBatch(texts.map(({ stem, branches }) => [...stem, ...branches.flat()]));
  const places = new Int32Array(batch.ids.length);
  const numbers = new Int32Array(batch.ids.length).fill(-1);
  texts.forEach(({ stem, branches }, row) => {
    let at = row * batch.length;
    const lay = (count: number, first: number, number: number): void => {
      for (let i = 0; i < count; i += 1, at += 1) {
        places[at] = first + i;
        numbers[at] = number;
      }
    };
    lay(stem.length, 0, 0);
    branches.forEach(({ length }, branch) => void lay(length, stem.length, branch + 1));
  });
  return { ...batch, places, branches: numbers };
}

/** What the tokens of such a batch see: the stem and their own branch, up to themselves. */
export function branchedTexts({ size, length, places, branches }: BranchedBatch): Attending {
  const masks = new Map<number, Float32Array>();
  const maskOf = (window: number): Float32Array => {
    const mask = masks.get(window) ?? maskFor(window);
    masks.set(window, mask);
    return mask;
  };
  const maskFor = (window: number): Float32Array => {
    const mask = new Float32Array(size * length * length).fill(HIDDEN_SCORE);
    for (let row = 0; row < size; row += 1)
      for (let q = 0; q < length; q += 1)
        for (let k = 0; k <= q; k += 1) {
          const [asks, seen] = [row * length + q, row * length + k];
          const isOwn = branches[seen] === 0 || branches[seen] === branches[asks];
          if (isOwn && (places[asks] ?? 0) - (places[seen] ?? 0) < window) mask[asks * length + k] = 0;
        }
    return mask;
  };
  return {
    batch: 1,
    places,
    attend: (_, query, key, value, { window = Number.POSITIVE_INFINITY, ...heads }) =>
      maskedAttention(query, key, value, { size, length, ...heads }, maskOf(window)),
  };
}

/** softmax(Q·Kᵀ/√d + mask)·V per head. @param mask [size, length, length] */
function maskedAttention(
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  { size, length, heads, keyHeads }: AttentionHeads & { readonly size: number; readonly length: number },
  mask: Float32Array,
): tf.Tensor2D {
  const group = heads / keyHeads;
  const width = query.shape[1] / heads;
  const shared = (x: tf.Tensor2D) => tf.transpose(tf.reshape(x, [size, length, keyHeads, width]), [0, 2, 1, 3]);
  const apart = tf.transpose(tf.reshape(query, [size, length, keyHeads, group, width]), [0, 2, 3, 1, 4]);
  const asked = tf.reshape(apart, [size, keyHeads, group * length, width]);
  const products = tf.mul(tf.matMul(asked, shared(key), false, true), 1 / Math.sqrt(width));
  const scores = tf.add(tf.reshape(products, [size, heads, length, length]), tf.tensor4d(mask, [size, 1, length, length]));
  const shares = tf.reshape(tf.softmax(scores), [size, keyHeads, group * length, length]);
  const mixed = tf.reshape(tf.matMul(shares, shared(value)), [size, heads, length, width]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [size * length, heads * width]);
}
