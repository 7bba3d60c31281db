import { setImmediate } from "node:timers/promises";
import type { Network } from "../runtime/index.ts";
import { tf } from "../runtime/index.ts";
import { collate, type StatisticExample } from "./collate.ts";
import type { FisherEstimator, FisherOptions } from "./fisher.ts";
import { labelFactors, softmax } from "./label-factors.ts";

/** One backward pass of one example: the gradient of direction·logits is to be squared and added. */
export interface LabelPass {
  readonly example: number;
  readonly direction: Float32Array;
}

/** The passes that an estimator takes over the examples, from the logits of a forward pass. */
export async function labelPasses(
  network: Network,
  examples: readonly StatisticExample[],
  { estimator, batch = 32, by, signal }: FisherOptions,
): Promise<LabelPass[]> {
  const passes: LabelPass[] = [];
  for (let first = 0; first < examples.length; first += batch) {
    await setImmediate();
    signal?.throwIfAborted();
    const part = examples.slice(first, first + batch);
    const rows = forward(network, part);
    part.forEach(({ label }, at) => {
      const logits = rows.subarray(at * network.outputs, (at + 1) * network.outputs);
      const example = first + at;
      const directions =
        estimator.kind === "exact" && by === "loop" ? everyLabel(logits) : directionsOf(estimator, logits, label, example);
      for (const direction of directions) passes.push({ example, direction });
    });
  }
  return passes;
}

function forward(network: Network, examples: readonly StatisticExample[]): Float32Array {
  const batch = collate(network, examples);
  const logits = tf.tidy(() => batch.logits());
  try {
    const values = logits.dataSync() as Float32Array;
    if (!values.every(Number.isFinite)) throw new Error("The model gives a score that is not a finite number.");
    return values;
  } finally {
    logits.dispose();
    batch.dispose();
  }
}

function directionsOf(
  estimator: FisherEstimator,
  logits: Float32Array,
  label: number | undefined,
  example: number,
): Float32Array[] {
  switch (estimator.kind) {
    case "exact":
      return labelFactors(logits);
    case "empirical": {
      if (label === undefined || !(label >= 0 && label < logits.length))
        throw new Error(`Example ${example} has the label ${label}; the head tells ${logits.length} classes apart.`);
      return [towards(label, softmax(logits), 1)];
    }
    case "sampled": {
      const q = softmax(logits);
      return Array.from({ length: estimator.draws }, (_, draw) =>
        towards(pick(q, uniform(estimator.seed, example, draw)), q, 1 / estimator.draws),
      );
    }
  }
}

/** √q_c (e_c − q) for every label: what the factors are a short form of. */
function everyLabel(logits: Float32Array): Float32Array[] {
  const q = softmax(logits);
  return Array.from(q, (share, label) => towards(label, q, share));
}

/** √weight · ∂ ln q_c / ∂ logits. */
function towards(label: number, q: Float64Array, weight: number): Float32Array {
  return Float32Array.from(q, (p, k) => Math.sqrt(weight) * ((k === label ? 1 : 0) - p));
}

function pick(q: Float64Array, u: number): number {
  let rest = u;
  for (let label = 0; label < q.length; label += 1) {
    rest -= q[label] as number;
    if (rest < 0) return label;
  }
  return q.length - 1;
}

/** A number in [0, 1) that depends on its three arguments alone, so that draws do not depend on the batches. */
function uniform(seed: number, example: number, draw: number): number {
  let x = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(example + 1, 0x85ebca77) ^ Math.imul(draw + 1, 0xc2b2ae3d);
  for (const factor of [0x7feb352d, 0x846ca68b]) {
    x = Math.imul(x ^ (x >>> 16), factor);
    x ^= x >>> 15;
  }
  return (x >>> 0) / 2 ** 32;
}
