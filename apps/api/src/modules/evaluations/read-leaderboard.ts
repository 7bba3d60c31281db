import { createHash } from "node:crypto";
import { kindFacts } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import type { SplitPurpose } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { rankBoard } from "./board-differences.ts";
import { judgeBoard, type Verdict } from "./judge-board.ts";
import { type Board, type BoardTask, layOut } from "./leaderboard.ts";
import { fingerprintScores, loadEntries } from "./load-entries.ts";
import { loadSuite, type SuiteView } from "./load-suite.ts";
import { Remembered } from "./remember.ts";
import { kindName } from "./task-kind.ts";

export interface LeaderboardView {
  readonly suite: SuiteView;
  readonly purpose: SplitPurpose;
  readonly exampleCount: number;
  readonly board: Board;
}

/** Every version with a score on a task of the suite, in order. Null when there is no such suite. Ranks and verdict are worked out when asked for. */
export async function readLeaderboard(
  deps: Deps,
  actor: Actor,
  { namespace, suite: name, purpose }: { namespace: string; suite: string; purpose: SplitPurpose },
): Promise<LeaderboardView | null> {
  authorise(actor, "read");
  const suite = await loadSuite(deps, namespace, name);
  if (!suite) return null;
  const tasks = suite.tasks.map(toBoardTask);
  const splits = suite.tasks.map(({ splits: all }) => all.find((split) => split.purpose === purpose) ?? null);
  const exampleCount = splits.reduce((sum, split) => sum + (split?.exampleCount ?? 0), 0);
  const splitIds = splits.flatMap((split) => (split ? [split.id] : []));
  // Without a split for this purpose on every task nothing can be compared.
  const board = splitIds.length < tasks.length ? layOut(tasks, []) : await loadBoard(deps, { suite, tasks, splitIds });
  return { suite, purpose, exampleCount, board };
}

async function loadBoard(
  deps: Deps,
  { suite, tasks, splitIds }: { suite: SuiteView; tasks: readonly BoardTask[]; splitIds: readonly string[] },
): Promise<Board> {
  const [print, marks] = await Promise.all([
    fingerprintScores(deps, splitIds),
    deps.db.tunedOn.findMany({
      where: { splitId: { in: [...splitIds] } },
      select: { versionDigest: true, splitId: true },
      orderBy: [{ versionDigest: "asc" }, { splitId: "asc" }],
    }),
  ]);
  const tunedOn = new Set(marks.map(({ versionDigest, splitId }) => `${versionDigest} ${splitId}`));
  const experts = suite.tasks.map(({ expert }) => expert?.digest ?? "");
  const content = JSON.stringify([tasks, splitIds, experts, print, ...tunedOn]);
  return boards.get(createHash("sha256").update(content).digest("hex"), async () =>
    layOut(tasks, await loadEntries(deps, { suite, tasks, splitIds, tunedOn })),
  );
}

/** What is compared across tasks must have one unit; a score between 0 and 1 counts as a share. */
export function toBoardTask({ id, name, kind, metric, settings }: SuiteView["tasks"][number]): BoardTask {
  const { lowerIsBetter } = kindFacts[kindName(kind)];
  const { minimum = 0, maximum = 1 } = settings as { minimum?: number; maximum?: number };
  const isShare = metric === "accuracy" || metric === "exact_match" || (metric === "score" && minimum === 0 && maximum === 1);
  return {
    id,
    name,
    lowerIsBetter,
    unit: isShare ? "share" : metric === "score" ? `score from ${minimum} to ${maximum}` : metric,
  };
}

// Scores never change once they are there, so what follows from a set of them is worked out once.
const boards = new Remembered<Board>(16);
const ranks = new WeakMap<Board, Promise<Map<string, number>>>();
const verdicts = new WeakMap<Board, Promise<Verdict | null>>();

export const ranksOf = (deps: Deps, board: Board): Promise<Map<string, number>> =>
  once(ranks, board, () => rankBoard(deps, board));

export const verdictOf = (deps: Deps, board: Board): Promise<Verdict | null> =>
  once(verdicts, board, () => judgeBoard(deps, board));

/** One answer for each board, which goes when the board goes; a failure is forgotten. */
function once<Answer>(answers: WeakMap<Board, Promise<Answer>>, board: Board, work: () => Promise<Answer>): Promise<Answer> {
  const known = answers.get(board);
  if (known) return known;
  const answer = work();
  answers.set(board, answer);
  answer.catch(() => answers.delete(board));
  return answer;
}
