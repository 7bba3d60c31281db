import { type EncoderLayerShape, gatherRows, gelu } from "@amalgam/tfjs-backend-ort";
import { paddingMask } from "./attention-mask.ts";
import type { BertConfig } from "./bert-config.ts";
import { type BertHead, bertShapes } from "./bert-shapes.ts";
import { firstRowsOf } from "./first-rows.ts";
import { Layers } from "./layers.ts";
import { Parameters, type TensorValues } from "./parameters.ts";
import { createRandom, normalValues } from "./random.ts";
import { tf } from "./tf.ts";
import type { TokenBatch } from "./token-batch.ts";

export interface Encoded {
  /** Last layer, [size·length, d], row after row of the batch (padding included). */
  readonly hidden: tf.Tensor2D;
  /** tanh of a dense layer over the first token, [size, d]. */
  readonly pooled: tf.Tensor2D;
  readonly batch: TokenBatch;
}

/**
 * BERT (Devlin et al. 2018) as functions from named tensors to activations; post-norm, exact GELU, token type 0, no dropout.
 * Calls return tensors that the caller disposes, or that a `tf.tidy` or a training step around them does.
 */
export class BertModel {
  readonly config: BertConfig;
  readonly head: BertHead;
  readonly parameters: Parameters;
  readonly layers: Layers;

  constructor(config: BertConfig, head: BertHead, parameters: Parameters) {
    this.config = config;
    this.head = head;
    this.parameters = parameters;
    this.layers = new Layers(parameters);
  }

  encode(batch: TokenBatch): Encoded {
    const { hidden, pooled } = tf.tidy(() => {
      const shape = this.#shape(batch);
      const mask = paddingMask(batch);
      const below = this.#belowLast(batch, mask);
      const hidden = this.#isBare ? below : tf.tidy(() => this.layers.encoderLayer(this.#lastLayer, below, mask, shape));
      return { hidden, pooled: this.#pool(firstRowsOf(hidden, shape)) };
    });
    return { hidden, pooled, batch };
  }

  /** `encode(batch).pooled` without the rest of the last layer, which nobody reads then. */
  pooled(batch: TokenBatch): tf.Tensor2D {
    return tf.tidy(() => {
      const mask = paddingMask(batch);
      const below = this.#belowLast(batch, mask);
      const shape = this.#shape(batch);
      if (this.#isBare) return this.#pool(firstRowsOf(below, shape));
      return this.#pool(this.layers.encoderLayerFirstRows(this.#lastLayer, below, mask, shape));
    });
  }

  /** Scores over the vocabulary, [positions.length, vocab_size], for positions row·length + column of the batch only. */
  maskedLogits(encoded: Encoded, positions: Int32Array): tf.Tensor2D {
    return tf.tidy(() => {
      const dense = gelu(this.layers.dense("cls.predictions.transform.dense", gatherRows(encoded.hidden, positions)));
      const normal = this.#norm("cls.predictions.transform.LayerNorm", dense);
      return this.layers.dense("bert.embeddings.word_embeddings", normal, "cls.predictions.bias");
    });
  }

  /** Scores over the labels, [size, labels]. */
  classLogits({ pooled }: Pick<Encoded, "pooled">): tf.Tensor2D {
    return this.layers.dense("classifier", pooled);
  }

  dispose(): void {
    this.parameters.dispose();
  }

  /** Without any layer. */
  get #isBare(): boolean {
    return this.config.num_hidden_layers === 0;
  }

  get #lastLayer(): string {
    return `bert.encoder.layer.${this.config.num_hidden_layers - 1}`;
  }

  #shape({ size, length }: TokenBatch): EncoderLayerShape {
    return { batch: size, length, heads: this.config.num_attention_heads, epsilon: this.config.layer_norm_eps };
  }

  /** What the last layer reads. */
  #belowLast(batch: TokenBatch, mask: tf.Tensor4D): tf.Tensor2D {
    let hidden = tf.tidy(() => this.#embed(batch));
    for (let layer = 0; layer < this.config.num_hidden_layers - 1; layer++) {
      const below = hidden;
      hidden = tf.tidy(() => this.layers.encoderLayer(`bert.encoder.layer.${layer}`, below, mask, this.#shape(batch)));
      below.dispose();
    }
    return hidden;
  }

  #pool(firsts: tf.Tensor2D): tf.Tensor2D {
    return tf.tanh(this.layers.dense("bert.pooler.dense", firsts));
  }

  #embed(batch: TokenBatch): tf.Tensor2D {
    if (batch.length > this.config.max_position_embeddings) {
      throw new RangeError(
        `A text of ${batch.length} tokens does not fit the model's ${this.config.max_position_embeddings} positions.`,
      );
    }
    const positions = Int32Array.from(batch.ids, (_, index) => index % batch.length);
    const words = this.layers.embedding("bert.embeddings.word_embeddings", batch.ids);
    const places = this.layers.embedding("bert.embeddings.position_embeddings", positions);
    const type = this.layers.firstRow("bert.embeddings.token_type_embeddings", batch.ids.length);
    return this.#norm("bert.embeddings.LayerNorm", tf.add(tf.add(words, places), type));
  }

  #norm(name: string, x: tf.Tensor2D): tf.Tensor2D {
    return this.layers.layerNorm(name, x, this.config.layer_norm_eps);
  }
}

export interface NewBert {
  readonly config: BertConfig;
  readonly head?: BertHead;
  /** Number of classes of a classification head. */
  readonly labels?: number;
  readonly seed: number;
  /** Tensors to take over instead of random ones; shapes must fit. */
  readonly tensors?: ReadonlyMap<string, TensorValues>;
}

/** A BERT with weights from N(0, initializer_range²), biases 0 and LayerNorm gains 1, save where `tensors` gives them. */
export function createBert({ config, head = "none", labels = 2, seed, tensors }: NewBert): BertModel {
  const random = createRandom(seed);
  const entries = [...bertShapes(config, head, labels)].map(([name, shape]): [string, TensorValues] => {
    const fresh = { shape, values: initialValues(name, shape, config.initializer_range, random) };
    const given = tensors?.get(name);
    if (given === undefined) return [name, fresh];
    if (given.shape.join() !== shape.join()) {
      throw new Error(
        `Tensor "${name}" has shape [${given.shape.join(", ")}]; the configuration asks for [${shape.join(", ")}].`,
      );
    }
    return [name, given];
  });
  return new BertModel(config, head, new Parameters(entries));
}

function initialValues(name: string, shape: readonly number[], deviation: number, random: () => number): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  if (name.endsWith("LayerNorm.weight")) return new Float32Array(length).fill(1);
  if (name.endsWith(".bias")) return new Float32Array(length);
  return normalValues(length, deviation, random);
}
