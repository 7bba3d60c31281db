import { borrowValues, type Network, tf } from "../runtime/index.ts";
import { collate, type StatisticExample } from "./collate.ts";
import type { FisherEstimator, FisherOptions } from "./fisher.ts";
import { labelFactors, softmax } from "./label-factors.ts";
import type { PassBatch, PassList } from "./pass-list.ts";
import { rowLikelihood } from "./row-likelihood.ts";
import { pause } from "./squares.ts";
import { pick, uniform } from "./uniform.ts";

/** One backward pass of one example: the gradient of direction·logits is to be squared and added. */
interface LabelPass {
  readonly example: number;
  readonly direction: Float32Array;
}

/** The passes that an estimator takes over the examples, from the logits of a forward pass. */
export async function labelPasses(
  network: Network,
  examples: readonly StatisticExample[],
  { estimator, batch = 32, by, signal }: FisherOptions,
): Promise<PassList> {
  if (estimator.kind === "empirical") return trueLabels(network, examples);
  const passes: LabelPass[] = [];
  for (let first = 0; first < examples.length; first += batch) {
    await pause(signal);
    const part = examples.slice(first, first + batch);
    const rows = forward(network, part);
    part.forEach((_, at) => {
      const logits = rows.subarray(at * network.outputs, (at + 1) * network.outputs);
      const example = first + at;
      const directions =
        estimator.kind === "exact" && by === "loop" ? everyLabel(logits) : directionsOf(estimator, logits, example);
      for (const direction of directions) passes.push({ example, direction });
    });
  }
  return {
    count: passes.length,
    size: (pass) => examples[passes[pass]?.example ?? 0]?.input.length ?? 0,
    batch: (chosen) =>
      batchOf(
        network,
        examples,
        chosen.map((pass) => passes[pass] as LabelPass),
      ),
  };
}

/** Σ over rows of direction·logits: its gradient is each example's own. */
function batchOf(network: Network, examples: readonly StatisticExample[], passes: readonly LabelPass[]): PassBatch {
  const batch = collate(
    network,
    passes.map(({ example }) => examples[example] as StatisticExample),
  );
  const directions = new Float32Array(passes.length * network.outputs);
  passes.forEach(({ direction }, row) => {
    directions.set(direction, row * network.outputs);
  });
  return {
    sum: () => tf.sum(tf.mul(batch.logits(), tf.tensor2d(directions, [passes.length, network.outputs]))),
    dispose: () => batch.dispose(),
  };
}

function forward(network: Network, examples: readonly StatisticExample[]): Float32Array {
  const batch = collate(network, examples);
  const logits = tf.tidy(() => batch.logits());
  try {
    const values = borrowValues(logits).slice();
    if (!values.every(Number.isFinite)) throw new Error("The model gives a score that is not a finite number.");
    return values;
  } finally {
    logits.dispose();
    batch.dispose();
  }
}

/** One pass for each example, from nothing but its label: ∂ ln q_y comes with the pass itself. */
function trueLabels(network: Network, examples: readonly StatisticExample[]): PassList {
  const labels = examples.map(({ label }, example) => {
    if (label !== undefined && label >= 0 && label < network.outputs) return label;
    throw new Error(`Example ${example} has the label ${label}; the head tells ${network.outputs} classes apart.`);
  });
  return {
    count: examples.length,
    size: (pass) => examples[pass]?.input.length ?? 0,
    batch: (chosen) => {
      const batch = collate(
        network,
        chosen.map((pass) => examples[pass] as StatisticExample),
      );
      const targets = Int32Array.from(chosen, (pass) => labels[pass] ?? 0);
      const weights = new Float32Array(chosen.length).fill(1);
      return { sum: () => rowLikelihood(batch.logits(), targets, weights), dispose: () => batch.dispose() };
    },
  };
}

function directionsOf(
  estimator: Exclude<FisherEstimator, { kind: "empirical" }>,
  logits: Float32Array,
  example: number,
): Float32Array[] {
  if (estimator.kind === "exact") return labelFactors(logits, estimator.cut);
  const q = softmax(logits);
  return Array.from({ length: estimator.draws }, (_, draw) =>
    towards(pick(q, uniform(estimator.seed, example, draw)), q, 1 / estimator.draws),
  );
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
