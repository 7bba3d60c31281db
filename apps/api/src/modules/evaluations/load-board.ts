import { createHash } from "node:crypto";
import type { Deps } from "../../deps.ts";
import { rankBoard } from "./board-differences.ts";
import { takeEntries } from "./entry-shelf.ts";
import { loadMarks, type Marks, markKey } from "./inherited-marks.ts";
import { judgeBoard, type Verdict } from "./judge-board.ts";
import { type Board, type BoardTask, type Entry, layOut } from "./leaderboard.ts";
import { type LoadedEntry, printScores } from "./load-entries.ts";
import type { SuiteView } from "./load-suite.ts";
import { RankMemory } from "./rank-memory.ts";
import { Remembered } from "./remember.ts";

interface Wanted {
  readonly suite: SuiteView;
  readonly tasks: readonly BoardTask[];
  /** One for each task. */
  readonly splitIds: readonly string[];
}

// Scores never change once they are there, so what follows from a set of them is worked out once.
const boards = new Remembered<Board>(16);
const memories = new Remembered<RankMemory>(4);
const memoryOf = new WeakMap<Board, RankMemory>();
const ranks = new WeakMap<Board, Promise<Map<string, number>>>();
const verdicts = new WeakMap<Board, Promise<Verdict | null>>();

export async function loadBoard(deps: Deps, { suite, tasks, splitIds }: Wanted): Promise<Board> {
  const [prints, marks] = await Promise.all([printScores(deps, splitIds), loadMarks(deps, splitIds)]);
  const metrics = suite.tasks.map(({ metric }) => metric);
  const experts = suite.tasks.map(({ expert }) => expert?.digest ?? "");
  const content = JSON.stringify([tasks, metrics, splitIds, experts, [...prints], [...marks]]);
  return boards.get(createHash("sha256").update(content).digest("hex"), async () => {
    const loaded = await takeEntries(deps, { metrics, splitIds, prints });
    const board = layOut(tasks, withExperts(withMarks(loaded, { marks, splitIds }), experts));
    memoryOf.set(board, await memories.get(splitIds.join(" "), async () => new RankMemory()));
    return board;
  });
}

export const ranksOf = (deps: Deps, board: Board): Promise<Map<string, number>> =>
  once(ranks, board, () => rankBoard(deps, board, memoryOf.get(board)));

export const verdictOf = (deps: Deps, board: Board): Promise<Verdict | null> =>
  once(verdicts, board, () => judgeBoard(deps, board));

const withMarks = (
  entries: readonly LoadedEntry[],
  { marks, splitIds }: { marks: Marks; splitIds: readonly string[] },
): Entry[] =>
  entries.map((entry) => ({ ...entry, tunedOn: splitIds.map((splitId) => marks.get(markKey(entry.id, splitId)) ?? null) }));

/** Adds what merging is measured against: each expert on its own task. */
function withExperts(entries: readonly Entry[], digests: readonly string[]): readonly Entry[] {
  const scores = digests.map((digest, task) => entries.find(({ id }) => id === digest)?.scores[task] ?? null);
  return scores.some(Boolean) ? [...entries, { ...expertsEntry, tunedOn: scores.map(() => null), scores }] : entries;
}

const expertsEntry = {
  id: "EXPERTS",
  versionId: null,
  title: "Each expert on its own task",
  namespace: null,
  kind: null,
  method: null,
  reference: "EXPERTS",
  isPlainAverage: false,
  parents: [],
} as const;

/** One answer for each board, which goes when the board goes; a failure is forgotten. */
function once<Answer>(answers: WeakMap<Board, Promise<Answer>>, board: Board, work: () => Promise<Answer>): Promise<Answer> {
  const known = answers.get(board);
  if (known) return known;
  const answer = work();
  answers.set(board, answer);
  answer.catch(() => answers.delete(board));
  return answer;
}
