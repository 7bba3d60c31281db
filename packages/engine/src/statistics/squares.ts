import { setImmediate } from "node:timers/promises";
import { borrowValues, type Network, tf, withGradients } from "../runtime/index.ts";
import type { PassList } from "./pass-list.ts";
import { addSquaresTo } from "./squares/add-values.ts";
import { SquareCollector } from "./squares/square-collector.ts";

export interface SquaresRequest {
  readonly passes: PassList;
  /** Tensors to measure. */
  readonly names: readonly string[];
  /** Passes that go through the network at once; default 32. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

type Sums = ReadonlyMap<string, Float64Array>;

/** Σ over passes of the squared gradient, one pass at a time and by plain gradients: the oracle of `tapSquares`. */
export async function loopSquares(network: Network, request: SquaresRequest): Promise<Sums> {
  const { passes, names, signal, onProgress } = request;
  const sums = new Map(names.map((name) => [name, new Float64Array(network.parameters.values(name).length)]));
  for (let pass = 0; pass < passes.count; pass++) {
    await pause(signal);
    const batch = passes.batch([pass]);
    withGradients(
      network.parameters,
      names,
      () => batch.sum(),
      (value, gradients) => {
        checkFinite(value);
        for (const [name, gradient] of gradients) addSquaresTo(sums.get(name) ?? new Float64Array(0), borrowValues(gradient));
      },
    );
    batch.dispose();
    onProgress?.({ done: pass + 1, total: passes.count });
  }
  return sums;
}

/** Experts get the tokens of all examples together. */
const isExpert = (name: string): boolean => /\.experts\.\d+\./.test(name);

/**
 * The same from what taps see in the layers, batches at a time. Passes go one by one, still without gradients of weights that only a loop
 * needs, where examples of a batch cannot be told apart: experts that get chosen tokens, learned scales, tables read once for all.
 */
export async function tapSquares(network: Network, request: SquaresRequest): Promise<Sums> {
  const { passes, names, batch: wanted = 32, signal, onProgress } = request;
  const collector = new SquareCollector(network.parameters, names);
  network.layers.tap = collector;
  try {
    lookThrough(passes, collector);
    const learned = [...collector.learned];
    const size = collector.isMixed || names.some(isExpert) ? 1 : wanted;
    const order = Array.from({ length: passes.count }, (_, pass) => pass).sort(
      (a, b) => passes.size(a) - passes.size(b) || a - b,
    );
    for (let first = 0; first < order.length; first += size) {
      await pause(signal);
      const part = order.slice(first, first + size);
      const batch = passes.batch(part);
      collector.begin(part.length);
      const leaves = [collector.probe, ...learned.map((name) => network.parameters.tensor(name))];
      const { value, grads } = tf.engine().gradients(() => batch.sum(), leaves, undefined, true);
      checkFinite(value);
      learned.forEach((name, index) => {
        const gradient: tf.Tensor | undefined = grads[index + 1];
        if (gradient !== undefined) collector.learnedGradient(name, gradient);
      });
      collector.finish();
      tf.dispose([value, ...grads]);
      batch.dispose();
      onProgress?.({ done: Math.min(first + size, order.length), total: order.length });
    }
    return collector.sums;
  } finally {
    network.layers.tap = null;
    collector.dispose();
  }
}

function checkFinite(value: tf.Scalar): void {
  if (!Number.isFinite(borrowValues(value)[0])) throw new Error("The model gives a score that is not a finite number.");
}

/** One forward pass, to see which parameters have no layer of their own. */
function lookThrough(passes: PassList, collector: SquareCollector): void {
  if (passes.count === 0) return;
  const batch = passes.batch([0]);
  collector.begin(1);
  tf.dispose(tf.tidy(() => batch.sum()));
  batch.dispose();
}

export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
