import { gatherRows } from "@amalgam/tfjs-backend-ort";
import { type Attending, wholeTexts } from "./attending.ts";
import { HIDDEN_SCORE } from "./attention-mask.ts";
import { tf } from "./tf.ts";
import type { TokenBatch } from "./token-batch.ts";

/** Of one layer, [texts·keyHeads, slots, d]. */
interface KeysAndValues {
  readonly key: tf.Tensor3D;
  readonly value: tf.Tensor3D;
}

/**
 * Keys and values of texts that are continued, layer by layer. A text has a slot for each token of the longest text begun with, of which
 * it leaves those behind its end unused, and one more for each step since.
 */
export class KeyValueCache {
  #lengths: Int32Array;
  readonly #begun: number;
  #steps = 0;
  readonly #layers: KeysAndValues[] = [];

  constructor(texts: TokenBatch) {
    this.#lengths = texts.lengths.slice();
    this.#begun = texts.length;
  }

  /** The pass that reads the texts begun with. */
  begin(texts: TokenBatch): Attending {
    const whole = wholeTexts(texts);
    const { size, length } = texts;
    return {
      ...whole,
      attend: (layer, query, key, value, shape) => {
        const split = (x: tf.Tensor2D): tf.Tensor3D => {
          const parts = tf.reshape(x, [size, length, shape.keyHeads, -1]);
          return tf.reshape(tf.transpose(parts, [0, 2, 1, 3]), [size * shape.keyHeads, length, -1]);
        };
        this.#keep(layer, split(key), split(value));
        return whole.attend(layer, query, key, value, shape);
      },
    };
  }

  /** A pass of one more token for each of the texts `rows`; the others are forgotten. */
  step(rows: Int32Array): Attending {
    if (rows.length !== this.#lengths.length || rows.some((row, i) => row !== i)) this.#choose(rows);
    const places = this.#lengths.map((length) => length + this.#steps);
    this.#steps += 1;
    const masks = new Map<number, Float32Array>();
    const maskOf = (window: number): Float32Array => {
      const mask = masks.get(window) ?? this.#mask(places, window);
      masks.set(window, mask);
      return mask;
    };
    const count = rows.length;
    return {
      batch: 1,
      places,
      attend: (layer, query, key, value, { heads, keyHeads, window = Number.POSITIVE_INFINITY }) => {
        const kept = this.#append(layer, key, value, keyHeads);
        const group = heads / keyHeads;
        const asked = tf.reshape(query, [count * keyHeads, group, -1]) as tf.Tensor3D;
        const products = tf.mul(tf.matMul(asked, kept.key, false, true), 1 / Math.sqrt(asked.shape[2]));
        const slots = kept.key.shape[1];
        const mask = tf.tensor3d(maskOf(window), [count, 1, slots]);
        const scores = tf.add(tf.reshape(products, [count, heads, slots]), mask);
        const shares = tf.reshape(tf.softmax(scores), [count * keyHeads, group, slots]);
        return tf.reshape(tf.matMul(shares, kept.value), [count, -1]);
      },
    };
  }

  dispose(): void {
    for (const { key, value } of this.#layers.splice(0)) tf.dispose([key, value]);
  }

  #keep(layer: number, key: tf.Tensor3D, value: tf.Tensor3D): KeysAndValues {
    const before = this.#layers[layer];
    const kept = { key: tf.keep(key), value: tf.keep(value) };
    this.#layers[layer] = kept;
    if (before !== undefined) tf.dispose([before.key, before.value]);
    return kept;
  }

  #append(layer: number, key: tf.Tensor2D, value: tf.Tensor2D, keyHeads: number): KeysAndValues {
    const before = this.#layers[layer];
    if (before === undefined) throw new Error(`Layer ${layer} goes on with a text that it has not begun.`);
    const longer = (kept: tf.Tensor3D, own: tf.Tensor2D): tf.Tensor3D =>
      tf.concat([kept, tf.reshape(own, [own.shape[0] * keyHeads, 1, -1]) as tf.Tensor3D], 1);
    return this.#keep(layer, longer(before.key, key), longer(before.value, value));
  }

  #choose(rows: Int32Array): void {
    const texts = this.#lengths.length;
    this.#lengths = rows.map((row) => this.#lengths[row] ?? 0);
    this.#layers.forEach(({ key, value }, layer) => {
      const chosen = (kept: tf.Tensor3D): tf.Tensor3D =>
        tf.tidy(() => {
          const [all, slots, size] = kept.shape;
          return tf.reshape(gatherRows(tf.reshape(kept, [texts, -1]), rows), [(all / texts) * rows.length, slots, size]);
        });
      this.#keep(layer, chosen(key), chosen(value));
    });
  }

  /** [texts, slots]: hides slots that a text leaves unused, and those outside the window. */
  #mask(places: Int32Array, window: number): Float32Array {
    const slots = this.#begun + this.#steps;
    const mask = new Float32Array(places.length * slots);
    places.forEach((place, row) => {
      const length = this.#lengths[row] ?? 0;
      for (let slot = 0; slot < slots; slot += 1) {
        const isUnused = slot < this.#begun && slot >= length;
        const at = slot < this.#begun ? slot : length + slot - this.#begun;
        if (isUnused || place - at >= window) mask[row * slots + slot] = HIDDEN_SCORE;
      }
    });
    return mask;
  }
}
