import { type Network, trunkTensors } from "../runtime/index.ts";
import type { StatisticExample } from "./collate.ts";
import { labelPasses } from "./label-passes.ts";
import type { PassList } from "./pass-list.ts";
import { loopSquares, tapSquares } from "./squares.ts";

/**
 * Labels over which the squared gradient of the log-likelihood is taken: all of them, weighed by the model's own probabilities; some drawn from these; or the true one.
 */
export type FisherEstimator =
  /** `cut`: share of the spread of labels that may be left out to save passes; default 1e-3, 0 for none. */
  | { readonly kind: "exact"; readonly cut?: number }
  | { readonly kind: "sampled"; readonly draws: number; readonly seed: number }
  | { readonly kind: "empirical" };

export interface FisherOptions {
  readonly estimator: FisherEstimator;
  /** Tensors to measure; default: all but those of the head. */
  readonly names?: readonly string[];
  /** Examples, each with one direction of its logits, that go through the network at once; default 32. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** Counts passes. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** "loop": one example and one label at a time by plain gradients, the oracle. Default: from taps in the layers. */
  readonly by?: "taps" | "loop";
}

export interface Fisher {
  /** Diagonal of the Fisher information, for every parameter. */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly examples: number;
  /** Backward passes of one example each. */
  readonly passes: number;
  readonly seconds: number;
}

/**
 * Diagonal Fisher information of a classifier, averaged over examples:
 *   F[p] = (1/N) Σₓ E_c [(∂ ln q_c(x) / ∂θ_p)²].
 * Gradients are squared example by example, never the sum of a batch. `exact` takes one backward pass for each factor of diag(q) − qqᵀ instead of one for each label.
 * The same examples give the same numbers whatever the batch (up to rounding in f32; sums are f64).
 * @throws Error for a head that is not a classifier, a label that is missing or outside the head, an empty list
 * Sources: Matena & Raffel 2021 (exact expectation); Kunstner et al. 2019 (what the estimators mean).
 */
export async function diagonalFisher(
  network: Network,
  examples: readonly StatisticExample[],
  options: FisherOptions,
): Promise<Fisher> {
  if (network.head !== "classification") throw new Error(`Labels are asked of classifiers; this is a ${network.head} head.`);
  if (examples.length === 0) throw new RangeError("Fisher information needs at least one example.");
  return measureFisher(network, examples.length, options, async () => ({
    passes: await labelPasses(network, examples, options),
  }));
}

/** Squares what the passes say, and averages over `examples`. */
export async function measureFisher(
  network: Network,
  examples: number,
  options: Omit<FisherOptions, "estimator">,
  plan: () => Promise<{ passes: PassList; batch?: number }>,
): Promise<Fisher> {
  const started = performance.now();
  const names = options.names ?? trunkTensors(network);
  const { passes, batch = options.batch ?? 32 } = await plan();
  const squares = options.by === "loop" ? loopSquares : tapSquares;
  const { signal, onProgress } = options;
  const sums = await squares(network, {
    ...{ passes, names, batch },
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return {
    values: new Map([...sums].map(([name, sum]) => [name, mean(name, sum, examples)])),
    examples,
    passes: passes.count,
    seconds: (performance.now() - started) / 1000,
  };
}

function mean(name: string, sums: Float64Array, count: number): Float32Array {
  const values = new Float32Array(sums.length);
  for (let i = 0; i < values.length; i++) {
    const value = (sums[i] as number) / count;
    if (!Number.isFinite(value)) throw new Error(`The Fisher information of tensor "${name}" is ${value} at element ${i}.`);
    values[i] = value;
  }
  return values;
}
