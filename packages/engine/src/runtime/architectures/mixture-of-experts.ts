import { borrowValues, gatherRows, swiglu } from "@amalgam/tfjs-backend-ort";
import type { Layers } from "../layers.ts";
import { tf } from "../tf.ts";
import type { FeedForward } from "./rotary-decoder.ts";

export interface MixtureSizes {
  readonly experts: number;
  /** Experts that work on a token. */
  readonly chosen: number;
}

/**
 * A router, one dense layer, gives each token scores of all experts; the tokens' `chosen` best experts work on it, and their outputs are
 * added up, weighted by the softmax of those experts' scores. Tokens go to an expert together. Source: Jiang et al. 2024.
 */
export function mixtureOfExperts({ width, inner }: { width: number; inner: number }, sizes: MixtureSizes): FeedForward {
  const { experts, chosen } = sizes;
  return {
    tensors: (prefix) => {
      const block = `${prefix}.block_sparse_moe`;
      const expert = (index: number) => [
        [`${block}.experts.${index}.w1.weight`, [inner, width]] as const,
        [`${block}.experts.${index}.w2.weight`, [width, inner]] as const,
        [`${block}.experts.${index}.w3.weight`, [inner, width]] as const,
      ];
      return [[`${block}.gate.weight`, [experts, width]], ...Array.from({ length: experts }, (_, i) => expert(i)).flat()];
    },
    run: (layers, prefix, x) => {
      const block = `${prefix}.block_sparse_moe`;
      const tokens = x.shape[0];
      const scores = layers.dense(`${block}.gate`, x);
      // A slot is one choice of one token: slot = token·chosen + rank.
      const picks = bestExperts(borrowValues(scores), sizes);
      const entries = picks.map((expert, slot) => Math.floor(slot / chosen) * experts + expert);
      const picked = gatherRows(tf.reshape(scores, [tokens * experts, 1]), entries);
      const weights = tf.reshape(tf.softmax(tf.reshape(picked, [tokens, chosen])), [tokens, chosen, 1]);
      const outputs = tf.reshape(runExperts(layers, block, x, picks, sizes), [tokens, chosen, width]);
      return tf.sum(tf.mul(outputs, weights), 1) as tf.Tensor2D;
    },
  };
}

/** The experts of each token, best first, equal ones in their order: tokens·chosen indices. */
export function bestExperts(scores: Float32Array, { experts, chosen }: MixtureSizes): Int32Array {
  const picks = new Int32Array((scores.length / experts) * chosen);
  for (let token = 0; token < scores.length / experts; token++) {
    const own = scores.subarray(token * experts, (token + 1) * experts);
    const order = Array.from(own.keys()).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0) || a - b);
    picks.set(order.slice(0, chosen), token * chosen);
  }
  return picks;
}

/** Output of each slot's expert, [slots, width] in the order of slots. An expert that nobody chose does not run. */
function runExperts(layers: Layers, block: string, x: tf.Tensor2D, picks: Int32Array, sizes: MixtureSizes): tf.Tensor2D {
  const places = new Int32Array(picks.length);
  const outputs: tf.Tensor2D[] = [];
  let place = 0;
  for (let expert = 0; expert < sizes.experts; expert++) {
    const slots = [...picks.keys()].filter((slot) => picks[slot] === expert);
    if (slots.length === 0) continue;
    for (const slot of slots) places[slot] = place++;
    const rows = gatherRows(
      x,
      Int32Array.from(slots, (slot) => Math.floor(slot / sizes.chosen)),
    );
    const name = `${block}.experts.${expert}`;
    outputs.push(layers.dense(`${name}.w2`, swiglu(layers.dense(`${name}.w1`, rows), layers.dense(`${name}.w3`, rows))));
  }
  return gatherRows(tf.concat(outputs, 0), places);
}
