import { toCsv } from "../../../../../../features/leaderboards/board.ts";
import { LeaderboardDocument } from "../../../../../../features/leaderboards/leaderboard-document.ts";
import { load } from "../../../../../../lib/load.ts";

export async function GET(_request: Request, context: { params: Promise<{ ns: string; suite: string }> }) {
  const { ns, suite } = await context.params;
  const answer = await load(LeaderboardDocument, { namespace: ns, suite });
  if (!answer.ok) return new Response(`${answer.failure.message}\n`, { status: 502 });
  const board = answer.data.leaderboard;
  if (!board) return new Response(`There is no suite ${ns}/${suite}.\n`, { status: 404 });
  return new Response(toCsv(board), {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${board.suite.name.replace(/[^\w.-]/g, "_")}.csv"`,
      "cache-control": "no-store",
    },
  });
}
