import {
  type DenseWeights,
  type EncoderLayerWeights,
  encoderLayer,
  gatherRows,
  gelu,
  linear,
  type NormWeights,
} from "@amalgam/tfjs-backend-ort";
import type { BertConfig } from "./bert-config.ts";
import { type BertHead, bertShapes } from "./bert-shapes.ts";
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

/** Added to the attention scores of padding: far below any score, far from overflow. */
const HIDDEN_SCORE = -1e9;

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
      const mask = attentionMask(batch);
      let hidden = tf.tidy(() => this.#embed(batch));
      for (let layer = 0; layer < this.config.num_hidden_layers; layer++) {
        const below = hidden;
        hidden = tf.tidy(() => this.#layer(layer, below, mask, batch));
        below.dispose();
      }
      const firsts = Int32Array.from({ length: batch.size }, (_, row) => row * batch.length);
      const pooled = tf.tanh(this.layers.dense("bert.pooler.dense", gatherRows(hidden, firsts)));
      return { hidden, pooled };
    });
    return { hidden, pooled, batch };
  }

  /** Scores over the vocabulary, [positions.length, vocab_size], for positions row·length + column of the batch only. */
  maskedLogits(encoded: Encoded, positions: Int32Array): tf.Tensor2D {
    return tf.tidy(() => {
      const dense = gelu(this.layers.dense("cls.predictions.transform.dense", gatherRows(encoded.hidden, positions)));
      const normal = this.#norm("cls.predictions.transform.LayerNorm", dense);
      return linear(normal, this.#tensor("bert.embeddings.word_embeddings.weight"), this.#tensor("cls.predictions.bias"));
    });
  }

  /** Scores over the labels, [size, labels]. */
  classLogits(encoded: Encoded): tf.Tensor2D {
    return this.layers.dense("classifier", encoded.pooled);
  }

  dispose(): void {
    this.parameters.dispose();
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
    const type = this.layers.embedding("bert.embeddings.token_type_embeddings", Int32Array.of(0));
    return this.#norm("bert.embeddings.LayerNorm", tf.add(tf.add(words, places), type));
  }

  #layer(layer: number, x: tf.Tensor2D, mask: tf.Tensor4D, batch: TokenBatch): tf.Tensor2D {
    const prefix = `bert.encoder.layer.${layer}`;
    const weights: EncoderLayerWeights = {
      query: this.#denseWeights(`${prefix}.attention.self.query`),
      key: this.#denseWeights(`${prefix}.attention.self.key`),
      value: this.#denseWeights(`${prefix}.attention.self.value`),
      output: this.#denseWeights(`${prefix}.attention.output.dense`),
      outputNorm: this.#normWeights(`${prefix}.attention.output.LayerNorm`),
      wide: this.#denseWeights(`${prefix}.intermediate.dense`),
      narrow: this.#denseWeights(`${prefix}.output.dense`),
      narrowNorm: this.#normWeights(`${prefix}.output.LayerNorm`),
    };
    const heads = this.config.num_attention_heads;
    return encoderLayer(x, mask, weights, {
      batch: batch.size,
      length: batch.length,
      heads,
      epsilon: this.config.layer_norm_eps,
    });
  }

  #norm(name: string, x: tf.Tensor2D): tf.Tensor2D {
    return this.layers.layerNorm(name, x, this.config.layer_norm_eps);
  }

  #denseWeights(name: string): DenseWeights {
    return { weight: this.#tensor(`${name}.weight`), bias: this.#tensor(`${name}.bias`) };
  }

  #normWeights(name: string): NormWeights {
    return { gamma: this.#tensor(`${name}.weight`), beta: this.#tensor(`${name}.bias`) };
  }

  #tensor<T extends tf.Tensor>(name: string): T {
    return this.parameters.tensor<T>(name);
  }
}

function attentionMask({ size, length, lengths }: TokenBatch): tf.Tensor4D {
  const values = new Float32Array(size * length);
  lengths.forEach((used, row) => {
    values.fill(HIDDEN_SCORE, row * length + used, (row + 1) * length);
  });
  return tf.tensor4d(values, [size, 1, 1, length]);
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
