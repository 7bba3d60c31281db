import {
  type Column,
  columnOf,
  decide,
  isClear,
  isPaired,
  pairedCentre,
  type RankedScore,
  separateCentre,
  separateVariance,
} from "./ranked-pairs.ts";
import { pairedVariance } from "./task-difference.ts";

/** Pairs of models by their places: first and second of pair i are at 2i and 2i + 1. */
export type PairList = Uint32Array;

/** On how many examples of a task exactly one of each pair is right. */
export type CountDiscordant = (task: number, pairs: PairList) => Promise<ArrayLike<number>>;

export interface RankOptions {
  /** By task: true for perplexity and the like. */
  readonly lowerIsBetter: readonly boolean[];
  readonly countDiscordant: CountDiscordant;
  /** Bounds memory: about 40 bytes for each pair. */
  readonly pairsAtOnce?: number;
}

/**
 * Ranks models that are given best mean first:
 *   rank = 1 + the number of models above it that are better beyond doubt, but never less than the rank of a model above it.
 * Better beyond doubt means that the 95 % interval of the paired difference of the two, over the same examples (see
 * `pairedTask`), lies above zero. Models that cannot be told from the first therefore all have rank 1. Only direct comparisons
 * count: a long row of small steps does not make first and last equal. Which of two is better mostly follows from the numbers
 * of right answers alone, c and c′ of n, because x + y is at least |c − c′| and at most min(c + c′, 2n − c − c′); only pairs
 * that this leaves open are counted example by example. Throws RangeError when a model has no score on a task.
 */
export async function rankModels(models: readonly (readonly RankedScore[])[], options: RankOptions): Promise<Int32Array> {
  const tasks = options.lowerIsBetter.map((lowerIsBetter, task) => columnOf(models, task, lowerIsBetter));
  const better = new Int32Array(models.length);
  const pairsAtOnce = options.pairsAtOnce ?? 1 << 18;
  let open: number[] = [];
  for (let row = 1; row < models.length; row++) {
    for (let above = 0; above < row; above++) {
      const known = decide(tasks, above, row);
      if (known === true) better[row] = (better[row] ?? 0) + 1;
      if (known === null) open.push(above, row);
    }
    if (open.length >= 2 * pairsAtOnce) {
      await settle(tasks, Uint32Array.from(open), better, options.countDiscordant);
      open = [];
    }
  }
  if (open.length > 0) await settle(tasks, Uint32Array.from(open), better, options.countDiscordant);
  let least = 1;
  return better.map((count) => {
    least = Math.max(least, 1 + count);
    return least;
  });
}

/** Adds the pairs that turn out clear to the counts of their second models. */
async function settle(tasks: readonly Column[], pairs: PairList, better: Int32Array, countDiscordant: CountDiscordant) {
  const count = pairs.length / 2;
  const centres = new Float64Array(count);
  const variances = new Float64Array(count);
  for (const [index, task] of tasks.entries()) {
    const asked = pairable(task, pairs);
    const discordant = asked.length > 0 ? await countDiscordant(index, asked) : [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      const [a, b] = [pairs[2 * i] ?? 0, pairs[2 * i + 1] ?? 0];
      const paired = isPaired(task, a, b);
      const centre = paired ? pairedCentre(task, a, b) : separateCentre(task, a, b);
      centres[i] = (centres[i] ?? 0) + centre;
      const variance = paired ? pairedVariance(task.n[a] ?? 0, centre, discordant[at++] ?? 0) : separateVariance(task, a, b);
      variances[i] = (variances[i] ?? 0) + variance;
    }
  }
  for (let i = 0; i < count; i++) {
    const row = pairs[2 * i + 1] ?? 0;
    if (isClear(centres[i] ?? 0, variances[i] ?? 0)) better[row] = (better[row] ?? 0) + 1;
  }
}

/** The pairs of which both have right and wrong answers to the same examples. */
function pairable(task: Column, pairs: PairList): PairList {
  const kept = new Uint32Array(pairs.length);
  let length = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    const [a, b] = [pairs[i] ?? 0, pairs[i + 1] ?? 0];
    if (!isPaired(task, a, b)) continue;
    kept[length++] = a;
    kept[length++] = b;
  }
  return kept.subarray(0, length);
}
