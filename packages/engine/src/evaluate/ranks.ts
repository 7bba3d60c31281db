import { setImmediate } from "node:timers/promises";
import {
  addBounds,
  type Column,
  columnOf,
  farApart,
  isClear,
  isPaired,
  type PairList,
  type PairSums,
  type RankedScore,
  tighten,
} from "./ranked-pairs.ts";

/** On how many examples of a task exactly one of each pair is right. */
export type CountDiscordant = (task: number, pairs: PairList) => Promise<ArrayLike<number>>;

/** What was found of pairs before: it follows from the scores of the two alone, so it holds for as long as these do. */
export interface PairMemory {
  /** Whether the first is better beyond doubt; undefined where it is not known. */
  get(above: number, row: number): boolean | undefined;
  set(above: number, row: number, isBetter: boolean): void;
}

export interface RankOptions {
  /** By task: true for perplexity and the like. */
  readonly lowerIsBetter: readonly boolean[];
  readonly countDiscordant: CountDiscordant;
  /** Bounds memory: about 50 bytes for each pair. */
  readonly pairsAtOnce?: number;
  readonly memory?: PairMemory;
}

/**
 * Ranks models that are given best mean first:
 *   rank = 1 + the number of models above it that are better beyond doubt, but never less than the rank of a model above it.
 * Better beyond doubt means that the 95 % interval of the paired difference of the two, over the same examples (see
 * `pairedTask`), lies above zero. Models that cannot be told from the first therefore all have rank 1. Only direct comparisons
 * count: a long row of small steps does not make first and last equal. Which of two is better mostly follows from the numbers
 * of right answers alone (see `addBounds`); only pairs that this leaves open are counted example by example, task after task
 * for as long as they stay open. Others get their turn between the tasks. Throws RangeError when a model has no score on a task.
 */
export async function rankModels(models: readonly (readonly RankedScore[])[], options: RankOptions): Promise<Int32Array> {
  const tasks = options.lowerIsBetter.map((lowerIsBetter, task) => columnOf(models, task, lowerIsBetter));
  const better = new Int32Array(models.length);
  const { memory, countDiscordant } = options;
  const note = (above: number, row: number, isBetter: boolean) => {
    if (isBetter) better[row] = (better[row] ?? 0) + 1;
    memory?.set(above, row, isBetter);
  };
  const most = Math.max(1, options.pairsAtOnce ?? 1 << 18);
  let pairs = new Uint32Array(2 * Math.min(most, (models.length * (models.length - 1)) / 2));
  let length = 0;
  const isFar = farApart(tasks, models.length);
  for (let row = 1; row < models.length; row++) {
    for (let above = 0; above < row; above++) {
      const known = isFar?.(above, row) || memory?.get(above, row);
      if (known !== undefined) {
        if (known) better[row] = (better[row] ?? 0) + 1;
        continue;
      }
      pairs[length++] = above;
      pairs[length++] = row;
      if (length < pairs.length) continue;
      await settle(tasks, pairs, { note, countDiscordant });
      pairs = new Uint32Array(pairs.length);
      length = 0;
    }
  }
  if (length > 0) await settle(tasks, pairs.subarray(0, length), { note, countDiscordant });
  let least = 1;
  return better.map((count) => {
    least = Math.max(least, 1 + count);
    return least;
  });
}

interface Finding {
  readonly note: (above: number, row: number, isBetter: boolean) => void;
  readonly countDiscordant: CountDiscordant;
}

/** Notes of each pair whether its first is better beyond doubt. */
async function settle(tasks: readonly Column[], pairs: PairList, { note, countDiscordant }: Finding): Promise<void> {
  const room = () => new Float64Array(pairs.length / 2);
  let sums: PairSums = { pairs, centre: room(), least: room(), most: room() };
  for (const task of tasks) {
    addBounds(task, sums);
    await setImmediate();
  }
  sums = takeDecided(sums, note);
  for (const [index, task] of tasks.entries()) {
    const asked = pairable(task, sums.pairs);
    if (asked.length === 0) continue;
    tighten(task, sums, await countDiscordant(index, asked));
    sums = takeDecided(sums, note);
    await setImmediate();
  }
  // Every bound is now what was counted, but for the last digit.
  sums.centre.forEach((centre, i) => {
    note(sums.pairs[2 * i] ?? 0, sums.pairs[2 * i + 1] ?? 0, isClear(centre, sums.least[i] ?? 0));
  });
}

/** Notes what is clear either way, and answers the pairs that are still open. */
function takeDecided({ pairs, centre, least, most }: PairSums, note: Finding["note"]): PairSums {
  let kept = 0;
  for (let i = 0; i < centre.length; i++) {
    const [above, row] = [pairs[2 * i] ?? 0, pairs[2 * i + 1] ?? 0];
    const lead = centre[i] ?? 0;
    const canBe = isClear(lead, least[i] ?? 0);
    if (!canBe || isClear(lead, most[i] ?? 0)) {
      note(above, row, canBe);
      continue;
    }
    pairs[2 * kept] = above;
    pairs[2 * kept + 1] = row;
    centre[kept] = lead;
    least[kept] = least[i] ?? 0;
    most[kept] = most[i] ?? 0;
    kept += 1;
  }
  return {
    pairs: pairs.subarray(0, 2 * kept),
    centre: centre.subarray(0, kept),
    least: least.subarray(0, kept),
    most: most.subarray(0, kept),
  };
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
  return length === pairs.length ? pairs : kept.subarray(0, length);
}
