import {
  affine,
  attention,
  type DenseWeights,
  type EncoderLayerShape,
  encoderLayer,
  gatherRows,
  gelu,
  layerNorm,
  linear,
  type NormWeights,
  rmsNorm,
} from "@amalgam/tfjs-backend-ort";
import { convolve, convolvePixels } from "./convolve.ts";
import { attendFrom, firstRowsOf } from "./first-rows.ts";
import { type ConvolutionCall, type DenseCall, type LayerTap, tapLayer, tapSource } from "./layer-tap.ts";
import { normaliseChannels } from "./normalise-channels.ts";
import { Parameters } from "./parameters.ts";
import { tf } from "./tf.ts";

/**
 * The layers that networks are made of, each by the name of its tensors in the checkpoint. A forward pass takes its weights from
 * here and from nowhere else: it is the one place where statistics of inputs and gradients can be taken.
 */
export class Layers {
  readonly parameters: Parameters;
  /** What the network was given and does not learn: running statistics of batches. */
  readonly buffers: Parameters;
  /** Sees what passes through the layers while it is set; weights get no gradients of their own then. */
  tap: LayerTap | null = null;

  constructor(parameters: Parameters, buffers: Parameters = new Parameters([])) {
    this.parameters = parameters;
    this.buffers = buffers;
  }

  has(name: string): boolean {
    return this.parameters.has(name);
  }

  /** x·Wᵀ + b, with `<name>.weight` [out, in] and, where there is one, the bias [out]; a tied head has its bias elsewhere. */
  dense(name: string, x: tf.Tensor2D, bias = `${name}.bias`): tf.Tensor2D {
    return this.#dense(name, this.parameters.tensor<tf.Tensor2D>(`${name}.weight`), x, bias);
  }

  /** x·W + b, with `<name>.weight` [in, out] and `<name>.bias` [out]: the dense layer of GPT-2, whose matrices lie transposed. */
  denseInOut(name: string, x: tf.Tensor2D): tf.Tensor2D {
    const weight = this.parameters.tensor<tf.Tensor2D>(`${name}.weight`);
    const bias = this.parameters.tensor<tf.Tensor1D>(`${name}.bias`);
    const run = (rows: tf.Tensor2D) => affine(rows, weight, bias);
    if (this.tap === null) return run(x);
    const call: DenseCall = { kind: "dense", weight: `${name}.weight`, bias: `${name}.bias`, isInOut: true, x };
    return tapLayer(this.tap, call, run, (dy) => tf.matMul(dy, weight, false, true));
  }

  /** A post-norm encoder layer with the names of BERT and RoBERTa below `prefix`; `mask` as in `attention`. */
  encoderLayer(prefix: string, x: tf.Tensor2D, mask: tf.Tensor4D, shape: EncoderLayerShape): tf.Tensor2D {
    if (this.tap !== null) return this.#encoderLayerInParts(prefix, x, mask, shape);
    const weights = {
      query: this.#denseWeights(`${prefix}.attention.self.query`),
      key: this.#denseWeights(`${prefix}.attention.self.key`),
      value: this.#denseWeights(`${prefix}.attention.self.value`),
      output: this.#denseWeights(`${prefix}.attention.output.dense`),
      outputNorm: this.#normWeights(`${prefix}.attention.output.LayerNorm`),
      wide: this.#denseWeights(`${prefix}.intermediate.dense`),
      narrow: this.#denseWeights(`${prefix}.output.dense`),
      narrowNorm: this.#normWeights(`${prefix}.output.LayerNorm`),
    };
    return encoderLayer(x, mask, weights, shape);
  }

  /**
   * The first row of each example alone after such a layer, [batch, d]: what a classifier reads of the last one. Keys and values come from all
   * rows; queries, and everything above the attention, from the first ones.
   */
  encoderLayerFirstRows(prefix: string, x: tf.Tensor2D, mask: tf.Tensor4D, shape: EncoderLayerShape): tf.Tensor2D {
    const own = `${prefix}.attention.self`;
    const first = firstRowsOf(x, shape);
    const query = this.dense(`${own}.query`, first);
    const context = attendFrom(query, this.dense(`${own}.key`, x), this.dense(`${own}.value`, x), mask, shape);
    return this.#aboveAttention(prefix, first, context, shape);
  }

  /** Layer normalisation of rows with `<name>.weight` and `<name>.bias`. */
  layerNorm(name: string, x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
    const gain = this.parameters.tensor<tf.Tensor1D>(`${name}.weight`);
    const offset = this.parameters.tensor<tf.Tensor1D>(`${name}.bias`);
    const run = (rows: tf.Tensor2D) => layerNorm(rows, gain, offset, epsilon);
    if (this.tap === null) return run(x);
    const names = { weight: `${name}.weight`, bias: `${name}.bias` };
    return tapLayer(this.tap, { kind: "norm", ...names, isCentred: true, epsilon, x }, run);
  }

  /** x/√(mean(x²) + ε)·`<name>.weight`, row by row. */
  rmsNorm(name: string, x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
    const gain = this.parameters.tensor<tf.Tensor1D>(`${name}.weight`);
    const run = (rows: tf.Tensor2D) => rmsNorm(rows, gain, epsilon);
    if (this.tap === null) return run(x);
    const names = { weight: `${name}.weight`, bias: null };
    return tapLayer(this.tap, { kind: "norm", ...names, isCentred: false, epsilon, x }, run);
  }

  /** Convolution of images [n, h, w, in] by `<name>.weight` [out, in, kh, kw], zero padding on every side, and a bias where there is one. */
  conv2d(name: string, x: tf.Tensor4D, { stride = 1, padding = 0 }: { stride?: number; padding?: number } = {}): tf.Tensor4D {
    const weight = this.parameters.tensor<tf.Tensor4D>(`${name}.weight`);
    const [outputs, inputs, height, width] = weight.shape;
    if (height === 1 && width === 1 && padding === 0) {
      return convolvePixels(x, stride, (pixels) => this.#dense(name, tf.reshape(weight, [outputs, inputs]), pixels));
    }
    const bias = this.has(`${name}.bias`) ? `${name}.bias` : null;
    const run = (images: tf.Tensor4D): tf.Tensor4D => {
      const y = convolve(images, tf.transpose(weight, [2, 3, 1, 0]), stride, padding);
      return bias === null ? y : tf.add(y, this.parameters.tensor<tf.Tensor1D>(bias));
    };
    if (this.tap === null) return run(x);
    const call: ConvolutionCall = {
      kind: "convolution",
      weight: `${name}.weight`,
      bias,
      size: [height, width],
      stride,
      padding,
      x,
    };
    return tapLayer(this.tap, call, run);
  }

  /** (x − running_mean)/√(running_var + ε)·weight + bias by channel, the last axis: batch normalisation as inference has it. */
  batchNorm(name: string, x: tf.Tensor4D, epsilon: number): tf.Tensor4D {
    const mean = this.buffers.tensor(`${name}.running_mean`);
    const variance = this.buffers.tensor(`${name}.running_var`);
    const gain = this.parameters.tensor<tf.Tensor1D>(`${name}.weight`);
    const shift = this.parameters.tensor<tf.Tensor1D>(`${name}.bias`);
    const run = (images: tf.Tensor4D) => normaliseChannels(images, gain, shift, { mean, variance, epsilon });
    if (this.tap === null) return run(x);
    const names = { weight: `${name}.weight`, bias: `${name}.bias` };
    return tapLayer(this.tap, { kind: "batch-norm", ...names, mean, variance, epsilon, x }, run);
  }

  /** A parameter used as it is: a class token, positions, a scale. */
  learned<T extends tf.Tensor>(name: string): T {
    this.tap?.forward?.({ kind: "learned", weight: name, bias: null }, undefined);
    return this.parameters.tensor<T>(name);
  }

  /** A convolution whose windows tile the image, `<name>.weight` [out, channels, height, width], as a dense layer over `patchRows`. */
  patches(name: string, rows: tf.Tensor2D): tf.Tensor2D {
    const weight = this.parameters.tensor<tf.Tensor4D>(`${name}.weight`);
    return this.#dense(name, tf.reshape(weight, [weight.shape[0], -1]) as tf.Tensor2D, rows);
  }

  /** Rows of `<name>.weight`; `isShared`: looked up once, for all examples of the batch. */
  embedding(name: string, ids: Int32Array, isShared = false): tf.Tensor2D {
    const run = () => gatherRows(this.parameters.tensor<tf.Tensor2D>(`${name}.weight`), ids);
    if (this.tap === null) return run();
    return tapSource(this.tap, { kind: "embedding", weight: `${name}.weight`, bias: null, ids, isShared }, run);
  }

  /**
   * A learned matrix that is the same for every example, its last two sides, as [1, rows, width] to be broadcast; while a tap wants to tell examples
   * apart, one for each of them, [size, rows, width].
   */
  repeated(name: string, size: number): tf.Tensor3D {
    const [rows = 1, width = 1] = [1, ...this.parameters.shape(name)].slice(-2);
    const matrix = tf.reshape(this.parameters.tensor(name), [rows, width]) as tf.Tensor2D;
    if (this.tap === null) return tf.reshape(matrix, [1, rows, width]);
    const ids = Int32Array.from({ length: size * rows }, (_, index) => index % rows);
    const call = { kind: "embedding", weight: name, bias: null, ids, isShared: false } as const;
    return tf.reshape(
      tapSource(this.tap, call, () => gatherRows(matrix, ids)),
      [size, rows, width],
    );
  }

  /** The first row of `<name>.weight`, to be added to `rows` tokens: one row for all of them, unless a tap wants to tell their gradients apart. */
  firstRow(name: string, rows: number): tf.Tensor2D {
    return this.embedding(name, new Int32Array(this.tap === null ? 1 : rows));
  }

  /** The same as the fused layer, in parts that a tap can see. */
  #encoderLayerInParts(prefix: string, x: tf.Tensor2D, mask: tf.Tensor4D, shape: EncoderLayerShape): tf.Tensor2D {
    const own = `${prefix}.attention.self`;
    const context = attention(
      this.dense(`${own}.query`, x),
      this.dense(`${own}.key`, x),
      this.dense(`${own}.value`, x),
      mask,
      shape,
    );
    return this.#aboveAttention(prefix, x, context, shape);
  }

  #aboveAttention(prefix: string, x: tf.Tensor2D, context: tf.Tensor2D, shape: EncoderLayerShape): tf.Tensor2D {
    const sum = tf.add(this.dense(`${prefix}.attention.output.dense`, context), x) as tf.Tensor2D;
    const attended = this.layerNorm(`${prefix}.attention.output.LayerNorm`, sum, shape.epsilon);
    const wide = gelu(this.dense(`${prefix}.intermediate.dense`, attended));
    const narrow = tf.add(this.dense(`${prefix}.output.dense`, wide), attended) as tf.Tensor2D;
    return this.layerNorm(`${prefix}.output.LayerNorm`, narrow, shape.epsilon);
  }

  /** x·matrixᵀ + bias; the matrix is `<name>.weight`, flat. */
  #dense(name: string, matrix: tf.Tensor2D, x: tf.Tensor2D, biasName = `${name}.bias`): tf.Tensor2D {
    const bias = this.has(biasName) ? biasName : null;
    const run = (rows: tf.Tensor2D): tf.Tensor2D =>
      bias === null ? tf.matMul(rows, matrix, false, true) : linear(rows, matrix, this.parameters.tensor<tf.Tensor1D>(bias));
    if (this.tap === null) return run(x);
    const call: DenseCall = { kind: "dense", weight: `${name}.weight`, bias, isInOut: false, x };
    return tapLayer(this.tap, call, run, (dy) => tf.matMul(dy, matrix));
  }

  #denseWeights(name: string): DenseWeights {
    return { weight: this.parameters.tensor(`${name}.weight`), bias: this.parameters.tensor(`${name}.bias`) };
  }

  #normWeights(name: string): NormWeights {
    return { gamma: this.parameters.tensor(`${name}.weight`), beta: this.parameters.tensor(`${name}.bias`) };
  }
}
