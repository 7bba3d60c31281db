import {
  meanDifference,
  normalisedMean,
  pairedTask,
  rankModels,
  separateTask,
  type TaskDifference,
} from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import { countDiscordant } from "./discordant.ts";
import type { Board, BoardTask, Interval, Row, Score } from "./leaderboard.ts";
import type { RankMemory } from "./rank-memory.ts";

/** Ranks of the rows that have one, by id of the row; with what is remembered of rows that were there before. */
export async function rankBoard(deps: Deps, { tasks, rows }: Board, memory?: RankMemory): Promise<Map<string, number>> {
  const ranked = rows.filter(({ isRanked }) => isRanked);
  const scores = ranked.map((row) => row.scores.flatMap((score) => score ?? []));
  const remembered = memory?.of(ranked.map((row) => row.scores));
  const ranks = await rankModels(scores, {
    ...(remembered ? { memory: remembered } : {}),
    lowerIsBetter: tasks.map(({ lowerIsBetter }) => lowerIsBetter),
    countDiscordant: (task, pairs) =>
      countDiscordant(
        deps,
        scores.map((own) => own[task]?.evaluationId ?? ""),
        { n: Math.max(...scores.map((own) => own[task]?.n ?? 0)), pairs },
      ),
  });
  return new Map(ranked.map(({ id }, i) => [id, ranks[i] ?? 1]));
}

/** First minus second where more is better, second minus first where less is: positive always speaks for the first. */
export interface TaskComparison extends TaskDifference {
  /** Null where examples are neither right nor wrong. */
  readonly pair: { readonly n: number; readonly onlyFirst: number; readonly onlySecond: number } | null;
}

export async function compareScores(deps: Deps, task: BoardTask, [a, b]: readonly [Score, Score]): Promise<TaskComparison> {
  if (a.correct === null || b.correct === null || a.n !== b.n || a.n === 0)
    return { ...(task.lowerIsBetter ? separateTask(b, a) : separateTask(a, b)), pair: null };
  const [discordant = 0] = await countDiscordant(deps, [a.evaluationId, b.evaluationId], { n: a.n, pairs: Uint32Array.of(0, 1) });
  const lead = a.correct - b.correct;
  const pair = { n: a.n, onlyFirst: (discordant + lead) / 2, onlySecond: (discordant - lead) / 2 };
  return { ...pairedTask(pair), pair };
}

/** Mean difference of two rows over all tasks; null when one lacks a score. */
export async function compareRows(deps: Deps, { tasks }: Board, [a, b]: readonly [Row, Row]): Promise<Interval | null> {
  const comparisons = await Promise.all(
    tasks.map((task, i) => {
      const [first, second] = [a.scores[i], b.scores[i]];
      return first && second ? compareScores(deps, task, [first, second]) : null;
    }),
  );
  const known = comparisons.filter((each) => each !== null);
  return known.length === tasks.length ? meanDifference(known) : null;
}

export interface LooseInterval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Normalised means of some rows with their intervals, by id of the row; one reading of bits for each task. */
export async function normalisedMeans(deps: Deps, board: Board, rows: readonly Row[]): Promise<Map<string, LooseInterval>> {
  const whole = rows.filter(({ normalisedMean: mean }) => mean !== null);
  const discordant = await Promise.all(board.experts.map((expert, task) => againstExpert(deps, { whole, expert, task })));
  return new Map(
    whole.flatMap((row, index) => {
      const tasks = row.scores.flatMap((score, i) => {
        const [expert, task] = [board.experts[i], board.tasks[i]];
        if (!score || !expert || !task) return [];
        const count = discordant[i]?.get(index);
        const isPaired = count !== undefined && score.correct !== null && expert.correct !== null;
        const paired = isPaired ? { n: score.n, correct: score.correct, expertCorrect: expert.correct, discordant: count } : null;
        const isExpert = score.evaluationId === expert.evaluationId;
        return [{ score, expert, lowerIsBetter: task.lowerIsBetter, isExpert, paired }];
      });
      const mean = normalisedMean(tasks);
      return mean ? [[row.id, mean] as const] : [];
    }),
  );
}

/** Discordant examples of each row and the task's expert, by place of the row; those that cannot be paired are left out. */
async function againstExpert(
  deps: Deps,
  { whole, expert, task }: { whole: readonly Row[]; expert: Score | null; task: number },
): Promise<Map<number, number>> {
  if (!expert || expert.correct === null) return new Map();
  const places = whole.flatMap(({ scores }, place) => {
    const score = scores[task];
    return score && score.correct !== null && score.n === expert.n && score.evaluationId !== expert.evaluationId ? [place] : [];
  });
  if (places.length === 0) return new Map();
  const ids = [expert.evaluationId, ...places.map((place) => whole[place]?.scores[task]?.evaluationId ?? "")];
  const pairs = Uint32Array.from(places.flatMap((_, i) => [i + 1, 0]));
  const counts = await countDiscordant(deps, ids, { n: expert.n, pairs });
  return new Map(places.map((place, i) => [place, counts[i] ?? 0]));
}
