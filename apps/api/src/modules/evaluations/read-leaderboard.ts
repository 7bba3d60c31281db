import { kindFacts } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import type { SplitPurpose } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { type Board, type BoardTask, layOut } from "./leaderboard.ts";
import { loadBoard } from "./load-board.ts";
import { loadSuite, type SuiteView } from "./load-suite.ts";
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
