import { borrowValues, type LayerCall, type LayerTap, type Network, tf, trunkTensors } from "../runtime/index.ts";
import { type ForwardExample, type ForwardOptions, forwardAll } from "./forward-batches.ts";
import { addTo } from "./squares/add-values.ts";
import { unfold } from "./unfold.ts";

export interface Gram {
  readonly inputs: number;
  /** Mean of xᵀx over the rows that entered the layer, [inputs, inputs]. */
  readonly values: Float64Array;
  /** Rows that entered it. */
  readonly rows: number;
}

export interface GramStatistics {
  /** Of every dense layer and convolution, by the name of its weight; a convolution's inputs are what its filter sees, [channels, height, width] flat. */
  readonly grams: ReadonlyMap<string, Gram>;
  /** Of every table: how often each row was read, as a share of all reads: the diagonal of the Gram matrix of its one-hot inputs. */
  readonly tables: ReadonlyMap<string, Float64Array>;
  readonly examples: number;
  readonly seconds: number;
}

export interface GramOptions extends ForwardOptions {
  /** Weights to measure; default: all but those of the head. */
  readonly names?: readonly string[];
  /** Most bytes that the sums may take; they are counted after one example. Default: no limit. */
  readonly memoryLimitBytes?: number;
}

/**
 * Uncentred Gram matrices of the inputs of dense layers and convolutions, G = (1/n) Σ xxᵀ over rows (tokens, patches, places of a filter), without padding tokens. Products of a batch
 * are f32, sums f64. Layers that read the very same rows (query, key and value) share one sum.
 * @throws Error when the sums would take more than the limit; RangeError without examples
 * Source: Jin et al. 2022 (RegMean, arXiv 2212.09849); counts of tables as the Gram matrix of one-hot inputs are ours.
 */
export async function gramMatrices(
  network: Network,
  examples: readonly ForwardExample[],
  options: GramOptions = {},
): Promise<GramStatistics> {
  const started = performance.now();
  const tap = new GramTap(network, new Set(options.names ?? trunkTensors(network)));
  await forwardAll(network, examples, tap, options, () => tap.checkMemory(options.memoryLimitBytes));
  return { ...tap.result(), examples: examples.length, seconds: (performance.now() - started) / 1000 };
}

interface Sum {
  readonly inputs: number;
  readonly values: Float64Array;
  rows: number;
}

class GramTap implements LayerTap {
  readonly probe = null;
  readonly #network: Network;
  readonly #names: ReadonlySet<string>;
  readonly #sums = new Map<string, Sum>();
  /** The weight under whose name a layer's sum is kept. */
  readonly #owner = new Map<string, string>();
  readonly #tables = new Map<string, Float64Array>();
  /** The rows that were seen last, and whose they were. */
  #last: { readonly x: tf.Tensor; readonly weight: string } | null = null;

  constructor(network: Network, names: ReadonlySet<string>) {
    this.#network = network;
    this.#names = names;
  }

  forward(call: LayerCall): void {
    if (!this.#names.has(call.weight)) return;
    // Example by example: rows of all of them together may be nine times the images.
    if (call.kind === "convolution") {
      for (let example = 0; example < call.x.shape[0]; example++) {
        tf.tidy(() => this.#add(call.weight, unfold(tf.slice(call.x, [example, 0, 0, 0], [1, -1, -1, -1]), call)));
      }
    } else if (call.kind === "embedding" && !call.isShared && this.#network.parameters.shape(call.weight).length === 2)
      this.#count(call.weight, call.ids);
    else if (call.kind === "dense") this.#add(call.weight, call.x);
  }

  checkMemory(limit = Number.POSITIVE_INFINITY): void {
    const sizes = [...this.#sums.values()].map(({ values }) => values.byteLength);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes <= limit) return;
    throw new Error(
      `The Gram matrices of ${sizes.length} inputs take ${(bytes / 1e9).toPrecision(3)} GB; ${(limit / 1e9).toPrecision(3)} GB are allowed. Choose fewer tensors.`,
    );
  }

  result(): Pick<GramStatistics, "grams" | "tables"> {
    const grams = new Map<string, Gram>();
    for (const [weight, owner] of this.#owner) {
      const sum = this.#sums.get(owner);
      if (sum !== undefined) grams.set(weight, { ...sum, values: sum.values.map((value) => value / sum.rows) });
    }
    const tables = [...this.#tables].map(([weight, counts]) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      return [weight, counts.map((count) => count / total)] as const;
    });
    return { grams, tables: new Map(tables) };
  }

  #count(weight: string, ids: Int32Array): void {
    const counts = this.#tables.get(weight) ?? new Float64Array(this.#network.parameters.shape(weight)[0] ?? 0);
    this.#tables.set(weight, counts);
    for (const id of ids) counts[id] = (counts[id] as number) + 1;
  }

  #add(weight: string, x: tf.Tensor2D): void {
    const [rows, inputs] = x.shape;
    const isSame = this.#last?.x === x;
    const owner = this.#owner.get(weight) ?? (isSame ? (this.#last?.weight ?? weight) : weight);
    this.#owner.set(weight, owner);
    if (owner !== weight) return;
    this.#last = { x, weight };
    const sum = this.#sums.get(weight) ?? { inputs, values: new Float64Array(inputs * inputs), rows: 0 };
    this.#sums.set(weight, sum);
    sum.rows += rows;
    tf.tidy(() => addTo(sum.values, borrowValues(tf.matMul(x, x, true))));
  }
}
