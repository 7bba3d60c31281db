import { setImmediate } from "node:timers/promises";
import { LayerTap, type Network, tf, withGradients } from "../runtime/index.ts";
import { type Collated, collate, type StatisticExample } from "./collate.ts";
import type { FisherOptions } from "./fisher.ts";
import type { LabelPass } from "./label-passes.ts";
import { SquaredGradients } from "./squared-gradients.ts";

export interface SquaresRequest extends FisherOptions {
  readonly passes: readonly LabelPass[];
  readonly names: readonly string[];
}

type Sums = ReadonlyMap<string, Float64Array>;

/** Σ (Jᵀ direction)² over passes, one pass at a time by plain gradients: the oracle, and the way for layers that taps do not see. */
export async function loopSquares(
  network: Network,
  examples: readonly StatisticExample[],
  { passes, names, signal, onProgress }: SquaresRequest,
): Promise<Sums> {
  const sums = new Map(names.map((name) => [name, new Float64Array(network.parameters.values(name).length)]));
  for (const [done, pass] of passes.entries()) {
    await pause(signal);
    const batch = collate(network, [examples[pass.example] as StatisticExample]);
    withGradients(
      network.parameters,
      names,
      () => along(batch, [pass]),
      (_, gradients) => {
        for (const [name, gradient] of gradients) {
          const into = sums.get(name) ?? new Float64Array(0);
          const values = gradient.dataSync() as Float32Array;
          for (let i = 0; i < into.length; i += 1) into[i] = (into[i] as number) + (values[i] as number) ** 2;
        }
      },
    );
    batch.dispose();
    onProgress?.({ done: done + 1, total: passes.length });
  }
  return sums;
}

/**
 * The same in batches, from what taps see in the layers. Falls back to the loop, for all tensors, when one of them is not seen exactly once in a pass: a table that is tied to
 * the head, or a layer without a tap.
 */
export async function tapSquares(
  network: Network,
  examples: readonly StatisticExample[],
  request: SquaresRequest,
): Promise<Sums> {
  const { passes, names, batch: size = 32, signal, onProgress } = request;
  const squares = new SquaredGradients(network.parameters, names);
  const tap = new LayerTap(squares);
  // Examples of like length together: less padding.
  const length = ({ example }: LabelPass): number => examples[example]?.input.length ?? 0;
  const ordered = [...passes].sort((a, b) => length(a) - length(b));
  network.layers.tap = tap;
  try {
    for (let first = 0; first < ordered.length; first += size) {
      await pause(signal);
      const part = ordered.slice(first, first + size);
      const batch = collate(
        network,
        part.map(({ example }) => examples[example] as StatisticExample),
      );
      squares.begin(part.length, batch.tokens);
      const { value, grads } = tf.engine().gradients(() => along(batch, part), [batch.leaf ?? tap.anchor], undefined, true);
      tf.dispose([value, ...grads]);
      batch.dispose();
      if (squares.unseen.length > 0) break;
      onProgress?.({ done: Math.min(first + size, ordered.length), total: ordered.length });
    }
  } finally {
    network.layers.tap = null;
    tap.dispose();
  }
  return squares.unseen.length > 0 ? loopSquares(network, examples, request) : squares.sums;
}

/** Σ over rows of direction·logits: its gradient is each example's own. */
function along(batch: Collated, passes: readonly LabelPass[]): tf.Scalar {
  const width = passes[0]?.direction.length ?? 0;
  const directions = new Float32Array(passes.length * width);
  passes.forEach(({ direction }, row) => {
    directions.set(direction, row * width);
  });
  return tf.sum(tf.mul(batch.logits(), tf.tensor2d(directions, [passes.length, width])));
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
