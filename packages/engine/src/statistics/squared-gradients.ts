import type { ObservedLayer, Parameters, TapListener } from "../runtime/index.ts";
import { tf } from "../runtime/index.ts";

/** Elements of per-example gradients of one matrix that are held at once. */
const CHUNK = 1 << 22;

/**
 * Sums over examples of squared gradients, from what a tap sees: for a dense layer with rows of T positions an example
 *   Σₑ (Σₜ dyₑₜ xₑₜᵀ)²,   with one position each simply (dy²)ᵀ(x²);
 * for gains and offsets of norms, biases and tables accordingly. Accumulates in f64.
 */
export class SquaredGradients implements TapListener {
  readonly sums: ReadonlyMap<string, Float64Array>;
  /** Uses of each tensor in one backward pass; more than one cannot be squared one by one. */
  readonly #uses = new Map<string, number>();
  #examples = 0;
  #tokens = 0;

  constructor(parameters: Parameters, names: readonly string[]) {
    this.sums = new Map(names.map((name) => [name, new Float64Array(parameters.values(name).length)]));
  }

  /** Names of wanted tensors that the last pass did not reach, or used more than once. */
  get unseen(): string[] {
    return [...this.sums.keys()].filter((name) => this.#uses.get(name) !== 1);
  }

  /** @param tokens of the batch, padding included */
  begin(examples: number, tokens: number): void {
    this.#examples = examples;
    this.#tokens = tokens;
    this.#uses.clear();
  }

  gradient(layer: ObservedLayer, x: tf.Tensor2D, dy: tf.Tensor2D): void {
    tf.tidy(() => {
      switch (layer.kind) {
        case "dense":
          this.#matrix(layer.weight, dy, x);
          break;
        case "denseInOut":
          this.#matrix(layer.weight, x, dy);
          break;
        case "layerNorm":
          this.#rows(layer.weight, tf.mul(dy, normalised(x, layer.epsilon ?? 0, true)) as tf.Tensor2D);
          break;
        case "rmsNorm":
          this.#rows(layer.weight, tf.mul(dy, normalised(x, layer.epsilon ?? 0, false)) as tf.Tensor2D);
          break;
      }
      if (layer.bias !== null) this.#rows(layer.bias, dy);
    });
  }

  embedding(weight: string, ids: Int32Array, dy: tf.Tensor2D): void {
    // Rows that several examples share (a table looked up once for all of them) bring a gradient that is summed already.
    if (ids.length !== this.#tokens) return;
    const sums = this.#open(weight);
    if (sums === null) return;
    const width = dy.shape[1];
    const values = dy.dataSync() as Float32Array;
    const length = ids.length / this.#examples;
    for (let example = 0; example < this.#examples; example += 1) {
      const rows = new Map<number, Float64Array>();
      for (let at = example * length; at < (example + 1) * length; at += 1) {
        const id = ids[at] as number;
        const row = rows.get(id) ?? new Float64Array(width);
        rows.set(id, row);
        for (let k = 0; k < width; k += 1) row[k] = (row[k] as number) + (values[at * width + k] as number);
      }
      for (const [id, row] of rows)
        for (let k = 0; k < width; k += 1) sums[id * width + k] = (sums[id * width + k] as number) + (row[k] as number) ** 2;
    }
  }

  /** Of a matrix [out, in] whose gradient is aᵀb. */
  #matrix(name: string, a: tf.Tensor2D, b: tf.Tensor2D): void {
    const sums = this.#open(name);
    if (sums === null) return;
    const rows = a.shape[0] / this.#examples;
    if (rows === 1) {
      add(sums, tf.matMul(tf.square(a), tf.square(b), true, false));
      return;
    }
    const [outputs, inputs] = [a.shape[1], b.shape[1]];
    const perStep = Math.max(1, Math.floor(CHUNK / (outputs * inputs)));
    for (let first = 0; first < this.#examples; first += perStep) {
      const count = Math.min(perStep, this.#examples - first);
      tf.tidy(() => {
        const part = (tensor: tf.Tensor2D, width: number) =>
          tf.reshape(tf.slice(tensor, [first * rows, 0], [count * rows, width]), [count, rows, width]);
        const gradients = tf.matMul(part(a, outputs), part(b, inputs), true, false);
        add(sums, tf.sum(tf.square(gradients), 0));
      });
    }
  }

  /** Of a vector whose gradient is the sum of the rows. */
  #rows(name: string, rows: tf.Tensor2D): void {
    const sums = this.#open(name);
    if (sums === null) return;
    const perExample = tf.sum(tf.reshape(rows, [this.#examples, -1, rows.shape[1]]), 1);
    add(sums, tf.sum(tf.square(perExample), 0));
  }

  #open(name: string): Float64Array | null {
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    return this.sums.get(name) ?? null;
  }
}

function normalised(x: tf.Tensor2D, epsilon: number, isCentred: boolean): tf.Tensor {
  const centred = isCentred ? tf.sub(x, tf.mean(x, -1, true)) : x;
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon)));
}

function add(sums: Float64Array, tensor: tf.Tensor): void {
  const values = tensor.dataSync() as Float32Array;
  for (let i = 0; i < sums.length; i += 1) sums[i] = (sums[i] as number) + (values[i] as number);
}
