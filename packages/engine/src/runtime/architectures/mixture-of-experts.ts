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
      const weights = tf.reshape(tf.softmax(tf.reshape(picked, [tokens, chosen])), [tokens * chosen, 1]) as tf.Tensor2D;
      return layers.tap === null
        ? runChosen(layers, block, x, picks, weights, sizes)
        : runAll(layers, block, x, entries, weights, sizes);
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

function runExpert(layers: Layers, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return layers.dense(`${name}.w2`, swiglu(layers.dense(`${name}.w1`, x), layers.dense(`${name}.w3`, x)));
}

/** Each expert runs on the tokens that chose it; one that nobody chose does not run. `weights` [slots, 1]. */
function runChosen(
  layers: Layers,
  block: string,
  x: tf.Tensor2D,
  picks: Int32Array,
  weights: tf.Tensor2D,
  { experts, chosen }: MixtureSizes,
): tf.Tensor2D {
  const places = new Int32Array(picks.length);
  const outputs: tf.Tensor2D[] = [];
  let place = 0;
  for (let expert = 0; expert < experts; expert++) {
    const slots = [...picks.keys()].filter((slot) => picks[slot] === expert);
    if (slots.length === 0) continue;
    for (const slot of slots) places[slot] = place++;
    const rows = gatherRows(
      x,
      Int32Array.from(slots, (slot) => Math.floor(slot / chosen)),
    );
    outputs.push(runExpert(layers, `${block}.experts.${expert}`, rows));
  }
  const bySlot = tf.mul(gatherRows(tf.concat(outputs, 0), places), weights);
  return tf.sum(tf.reshape(bySlot, [x.shape[0], chosen, x.shape[1]]), 1) as tf.Tensor2D;
}

/**
 * The same for a tap, which tells examples apart by their rows: every expert runs on every token, with weight 0 for those that did not
 * choose it. `entries` are the slots' places token·experts + expert.
 */
function runAll(
  layers: Layers,
  block: string,
  x: tf.Tensor2D,
  entries: Int32Array,
  weights: tf.Tensor2D,
  { experts }: MixtureSizes,
): tf.Tensor2D {
  const tokens = x.shape[0];
  const slotOf = new Int32Array(tokens * experts).fill(entries.length);
  entries.forEach((entry, slot) => {
    slotOf[entry] = slot;
  });
  const all = tf.reshape(gatherRows(tf.concat([weights, tf.zeros([1, 1])], 0) as tf.Tensor2D, slotOf), [tokens, experts]);
  const parts = tf.split(all, experts, 1).map((weight, expert) => {
    return tf.mul(runExpert(layers, `${block}.experts.${expert}`, x), weight) as tf.Tensor2D;
  });
  return tf.addN(parts) as tf.Tensor2D;
}
