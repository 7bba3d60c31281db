import type { LayerTap, Network } from "../runtime/index.ts";
import { tf } from "../runtime/index.ts";
import { collate, type StatisticExample } from "./collate.ts";
import { pause } from "./squares.ts";
import { collateTokens, type TokenExample } from "./token-example.ts";

export type ForwardExample = StatisticExample | TokenExample;

export interface ForwardOptions {
  /** Examples that go through the network at once; default 32. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * Runs the network over examples and lets a tap see every layer. Only examples of the same length go together, so that no row that the tap sees is
 * padding. `afterFirst` is called when one example has been through.
 */
export async function forwardAll(
  network: Network,
  examples: readonly ForwardExample[],
  tap: LayerTap,
  { batch = 32, signal, onProgress }: ForwardOptions,
  afterFirst: () => void = () => {},
): Promise<void> {
  if (examples.length === 0) throw new RangeError("A statistic needs at least one example.");
  let done = 0;
  network.layers.tap = tap;
  try {
    for (const part of sameLengths(examples, batch)) {
      await pause(signal);
      run(network, part);
      if (done === 0) afterFirst();
      done += part.length;
      onProgress?.({ done, total: examples.length });
    }
  } finally {
    network.layers.tap = null;
  }
}

function run(network: Network, examples: readonly ForwardExample[]): void {
  if (isTokens(examples)) {
    const { logits } = collateTokens(network, examples);
    tf.dispose(tf.tidy(logits));
    return;
  }
  const batch = collate(network, examples as readonly StatisticExample[]);
  tf.dispose(tf.tidy(() => batch.logits()));
  batch.dispose();
}

const isTokens = (examples: readonly ForwardExample[]): examples is readonly TokenExample[] =>
  examples.every((example) => "positions" in example);

/** Batches of one length each, the first of them a single example. */
function sameLengths(examples: readonly ForwardExample[], batch: number): ForwardExample[][] {
  const groups = new Map<string, ForwardExample[]>();
  const [first, ...rest] = examples;
  for (const example of rest) {
    const key = "positions" in example ? `${example.input.length} ${example.source?.length ?? 0}` : `${example.input.length}`;
    groups.set(key, [...(groups.get(key) ?? []), example]);
  }
  const batches = [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / batch) }, (_, index) => group.slice(index * batch, (index + 1) * batch)),
  );
  return first === undefined ? batches : [[first], ...batches];
}
