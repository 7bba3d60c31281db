import type { PairNetwork, TextNetwork } from "../../runtime/index.ts";
import type { tf } from "../../runtime/tf.ts";
import { padBatch } from "../../runtime/token-batch.ts";
import { type IndexBatch, lengthBatches } from "../length-batches.ts";
import { pause } from "../pause.ts";
import { readLogits } from "../read-logits.ts";
import type { Work } from "../score.ts";

/** A network that says what token comes next. */
export type LanguageNetwork = TextNetwork | PairNetwork;

/** Tokens of which those from `from` on are scored, each given all before it (and the source, for an encoder with a decoder). */
export interface ScoredTokens {
  /** Only for an encoder with a decoder. */
  readonly source?: readonly number[];
  /** Begins with the start token of a decoder. */
  readonly tokens: readonly number[];
  /** At least 1: nothing comes before the first token. */
  readonly from: number;
}

/** Logits of one batch stay below this many numbers (256 MB), unless one sequence has more. */
const DEFAULT_MAX_LOGITS = 2 ** 26;

interface LikelihoodOptions extends Pick<Work, "batchTokens" | "signal"> {
  readonly maxLogits?: number;
}

/**
 * Sum of log p(token | what comes before) over the scored tokens of every sequence, in nats:
 *   Σⱼ zⱼ[tⱼ] − log Σᵥ exp zⱼ[v]
 * with logits z in F32 as the network gives them, and the rest in F64. Sequences go through it by length. Throws when a logit is not finite.
 */
export async function logLikelihoods(
  network: LanguageNetwork,
  sequences: readonly ScoredTokens[],
  { batchTokens, signal, maxLogits = DEFAULT_MAX_LOGITS }: LikelihoodOptions,
  onBatch: (count: number) => void = () => {},
): Promise<Float64Array> {
  const sums = new Float64Array(sequences.length);
  const lengths = sequences.map(({ source = [], tokens }) => Math.max(source.length, tokens.length - 1));
  for (const batch of lengthBatches(lengths, batchTokens).flatMap((each) =>
    withinLogits(each, sequences, maxLogits / network.outputs),
  )) {
    await pause(signal);
    const chosen = batch.map((index) => sequences[index] ?? { tokens: [], from: 1 });
    const { forward, targets, owners } = questions(network, chosen);
    const values = await readLogits(forward);
    targets.forEach((target, row) => {
      const index = batch[owners[row] ?? 0] ?? 0;
      sums[index] = (sums[index] ?? 0) + logProbability(values, row * network.outputs, network.outputs, target);
    });
    onBatch(batch.length);
  }
  return sums;
}

/** Splits a batch that asks for more tokens than `maxRows`; one sequence is never split. */
function withinLogits(batch: IndexBatch, sequences: readonly ScoredTokens[], maxRows: number): IndexBatch[] {
  const parts: number[][] = [];
  let room = 0;
  for (const index of batch) {
    const { tokens = [], from = 1 } = sequences[index] ?? {};
    const rows = tokens.length - from;
    if (rows <= room) parts.at(-1)?.push(index);
    else {
      parts.push([index]);
      room = maxRows;
    }
    room -= rows;
  }
  return parts;
}

interface Questions {
  /** One row for each scored token of the batch. */
  readonly forward: () => tf.Tensor2D;
  readonly targets: readonly number[];
  /** Sequence of the batch that the row belongs to. */
  readonly owners: readonly number[];
}

function questions(network: LanguageNetwork, chosen: readonly ScoredTokens[]): Questions {
  // The last token is only asked for, never shown.
  const shown = padBatch(chosen.map(({ tokens }) => tokens.slice(0, -1)));
  const targets: number[] = [];
  const owners: number[] = [];
  const positions: number[] = [];
  chosen.forEach(({ tokens, from }, row) => {
    for (let at = from; at < tokens.length; at++) {
      targets.push(tokens[at] ?? 0);
      owners.push(row);
      positions.push(row * shown.length + at - 1);
    }
  });
  const places = Int32Array.from(positions);
  if (network.input === "tokens") return { forward: () => network.logits(shown, places), targets, owners };
  // Choices of one prompt share their source, which is then encoded once.
  const distinct = new Map<string, readonly number[]>();
  const keys = chosen.map(({ source = [] }) => {
    const key = source.join();
    distinct.set(key, source);
    return key;
  });
  const order = [...distinct.keys()];
  const source = padBatch([...distinct.values()]);
  const shared = { source, target: shown, owners: Int32Array.from(keys, (key) => order.indexOf(key)) };
  return { forward: () => network.logits(shared, places), targets, owners };
}

function logProbability(values: Float32Array, begin: number, count: number, target: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let at = begin; at < begin + count; at++) largest = Math.max(largest, values[at] ?? Number.NaN);
  let sum = 0;
  for (let at = begin; at < begin + count; at++) sum += Math.exp((values[at] ?? 0) - largest);
  const result = (values[begin + target] ?? Number.NaN) - largest - Math.log(sum);
  if (!Number.isFinite(result)) throw new Error("The model gives a score that is not a finite number.");
  return result;
}
