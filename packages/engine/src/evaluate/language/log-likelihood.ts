import { packBranches } from "../../runtime/branching.ts";
import type { tf } from "../../runtime/tf.ts";
import { padBatch } from "../../runtime/token-batch.ts";
import { lengthBatches } from "../length-batches.ts";
import { pause } from "../pause.ts";
import { readLogits } from "../read-logits.ts";
import type { Work } from "../score.ts";
import { groupsOf, type LanguageNetwork, lengthOf, nothing, type ScoredTokens, withinLogits } from "./stem-groups.ts";

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
  const groups = groupsOf(network, sequences);
  const lengths = groups.map((group) => lengthOf(group.map((index) => sequences[index] ?? nothing)));
  for (const batch of lengthBatches(lengths, batchTokens)) {
    const parts = withinLogits(
      batch.map((index) => groups[index] ?? []),
      sequences,
      maxLogits / network.outputs,
    );
    for (const part of parts) {
      await pause(signal);
      const { forward, targets, owners } = questions(network, part, sequences);
      const values = await readLogits(forward);
      targets.forEach((target, row) => {
        const index = owners[row] ?? 0;
        sums[index] = (sums[index] ?? 0) + logProbability(values, row * network.outputs, network.outputs, target);
      });
      onBatch(part.flat().length);
    }
  }
  return sums;
}

interface Questions {
  /** One row for each scored token of the batch. */
  readonly forward: () => tf.Tensor2D;
  readonly targets: readonly number[];
  /** Sequence that the row belongs to. */
  readonly owners: readonly number[];
}

function questions(network: LanguageNetwork, groups: readonly number[][], sequences: readonly ScoredTokens[]): Questions {
  const texts = groups.map((group) => {
    const members = group.map((index) => sequences[index] ?? nothing);
    const [{ tokens, from } = nothing] = members;
    return { stem: tokens.slice(0, from), branches: members.map((each) => each.tokens.slice(from, -1)) };
  });
  const shown = packBranches(texts);
  const targets: number[] = [];
  const owners: number[] = [];
  const positions: number[] = [];
  groups.forEach((group, row) => {
    const start = row * shown.length;
    let at = start + (texts[row]?.stem.length ?? 0);
    const end = at - 1;
    group.forEach((index) => {
      const { tokens, from } = sequences[index] ?? nothing;
      tokens.slice(from).forEach((target, i) => {
        targets.push(target);
        owners.push(index);
        // The first of a branch follows the stem.
        positions.push(i === 0 ? end : at + i - 1);
      });
      at += tokens.length - 1 - from;
    });
  });
  const places = Int32Array.from(positions);
  if (network.input === "tokens") {
    const isBranched = groups.some(({ length }) => length > 1);
    const forward = () => (isBranched && network.branchedLogits?.(shown, places)) || network.logits(shown, places);
    return { forward, targets, owners };
  }
  const chosen = groups.flat().map((index) => sequences[index] ?? nothing);
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
