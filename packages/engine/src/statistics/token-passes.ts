import { borrowValues, type Network, tf } from "../runtime/index.ts";
import type { LanguageOptions } from "./language-fisher.ts";
import type { PassBatch, PassList } from "./pass-list.ts";
import { rowLikelihood } from "./row-likelihood.ts";
import { pause } from "./squares.ts";
import { collateTokens, type TokenExample } from "./token-example.ts";
import { pick, uniform } from "./uniform.ts";

/** The gradient of scale · Σ ln p(targets) is to be squared. */
export interface TokenPass {
  readonly example: TokenExample;
  readonly targets: readonly number[];
  readonly scale: number;
}

/** Logits of one batch stay below this many numbers (128 MB), unless one example has more. */
const MAX_LOGITS = 2 ** 25;

export function tokenPassList(network: Network, passes: readonly TokenPass[]): PassList {
  return {
    count: passes.length,
    size: (pass) => passes[pass]?.example.input.length ?? 0,
    batch: (chosen) =>
      batchOf(
        network,
        chosen.map((pass) => passes[pass] as TokenPass),
      ),
  };
}

function batchOf(network: Network, passes: readonly TokenPass[]): PassBatch {
  const { rows, logits } = collateTokens(
    network,
    passes.map(({ example }) => example),
  );
  const targets = new Int32Array(passes.length * rows);
  const weights = new Float32Array(passes.length * rows);
  passes.forEach((pass, index) => {
    targets.set(pass.targets, index * rows);
    weights.fill(pass.scale, index * rows, index * rows + pass.targets.length);
  });
  return { sum: () => rowLikelihood(logits(), targets, weights), dispose: () => {} };
}

/** Passes that go together without their logits becoming too large. */
export function batchWithin(network: Network, examples: readonly TokenExample[], batch: number): number {
  const rows = examples.reduce((most, { positions }) => Math.max(most, positions.length), 1);
  return Math.max(1, Math.min(batch, Math.floor(MAX_LOGITS / (rows * network.outputs))));
}

/** Calls `see` with ln p over all tokens, for every position of every example. The row is borrowed. */
export async function eachRow(
  network: Network,
  examples: readonly TokenExample[],
  { batch, signal }: { batch: number; signal?: AbortSignal | undefined },
  see: (example: number, position: number, logs: Float32Array) => void,
): Promise<void> {
  for (let first = 0; first < examples.length; first += batch) {
    await pause(signal);
    const part = examples.slice(first, first + batch);
    const { rows, logits } = collateTokens(network, part);
    tf.tidy(() => {
      const values = borrowValues(tf.logSoftmax(logits()));
      part.forEach(({ positions }, index) => {
        for (let position = 0; position < positions.length; position++) {
          const start = (index * rows + position) * network.outputs;
          const row = values.subarray(start, start + network.outputs);
          if (Number.isNaN(row[0])) throw new Error("The model gives a score that is not a finite number.");
          see(first + index, position, row);
        }
      });
    });
  }
}

/** Passes over texts: their own tokens, or such as the model itself would put there, each position for itself given the text before it. */
export async function textPasses(
  network: Network,
  examples: readonly TokenExample[],
  { estimator, likelihood = "sum", batch = 32, signal }: LanguageOptions,
): Promise<TokenPass[]> {
  const share = ({ targets }: TokenExample) => (likelihood === "mean" ? 1 / targets.length : 1);
  if (estimator.kind === "empirical") {
    return examples.map((example) => ({ example, targets: example.targets, scale: share(example) }));
  }
  const { draws, seed } = estimator;
  const drawn = examples.map(({ positions }) => Array.from({ length: draws }, () => new Array<number>(positions.length).fill(0)));
  await eachRow(network, examples, { batch: batchWithin(network, examples, batch), signal }, (example, position, logs) => {
    const q = Float64Array.from(logs, Math.exp);
    drawn[example]?.forEach((targets, draw) => {
      targets[position] = pick(q, uniform(seed, example, draw, position));
    });
  });
  return examples.flatMap((example, index) =>
    (drawn[index] ?? []).map((targets) => ({ example, targets, scale: share(example) / Math.sqrt(draws) })),
  );
}
