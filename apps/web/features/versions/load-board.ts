import type { EvaluationRowFragment } from "../../gql/graphql.ts";
import { load } from "../../lib/load.ts";
import type { Board } from "../leaderboards/board.ts";
import { LeaderboardDocument } from "../leaderboards/leaderboard-document.ts";

interface SuiteName {
  namespace: string;
  name: string;
}

/** The first suite of the version's namespace (else of any) that knows one of its tasks. */
export async function loadBoardFor(
  suites: readonly SuiteName[],
  namespace: string,
  evaluations: readonly Pick<EvaluationRowFragment, "task">[],
): Promise<Board | null> {
  const near = [...suites].sort((a, b) => Number(b.namespace === namespace) - Number(a.namespace === namespace));
  for (const suite of near) {
    const answer = await load(LeaderboardDocument, { namespace: suite.namespace, suite: suite.name });
    const board = answer.ok ? answer.data.leaderboard : null;
    if (board && (evaluations.length === 0 || board.tasks.some((task) => evaluations.some((e) => e.task.id === task.id))))
      return board;
  }
  return null;
}
