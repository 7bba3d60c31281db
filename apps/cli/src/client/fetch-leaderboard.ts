import { type Leaderboard, type LeaderboardRow, type LeaderboardVariables, leaderboard } from "./evaluation-operations.ts";
import { type ExecuteOptions, execute } from "./graphql.ts";
import type { Server } from "./server.ts";

const pageSize = 500;

/** The whole leaderboard, page after page: rows that were asked for, then those kept beside them, then references. */
export async function fetchLeaderboard(
  server: Server,
  variables: Omit<LeaderboardVariables, "first" | "offset">,
  options?: ExecuteOptions,
): Promise<Leaderboard | null> {
  let whole: Leaderboard | null = null;
  const asked: LeaderboardRow[] = [];
  const beside = new Map<string, LeaderboardRow>();
  do {
    const page = { ...variables, first: pageSize, offset: asked.length };
    const { leaderboard: board } = await execute(server, leaderboard, page, options);
    if (!board) return null;
    whole = board;
    const before = asked.length;
    for (const row of board.rows) {
      if (row.isKept || row.reference !== null) beside.set(row.title, row);
      else asked.push(row);
    }
    if (asked.length === before) break;
  } while (asked.length < whole.rowCount);
  for (const { title } of asked) beside.delete(title);
  const others = [...beside.values()];
  const kept = others.filter(({ reference }) => reference === null);
  return { ...whole, rows: [...asked, ...kept, ...others.filter(({ reference }) => reference !== null)] };
}
