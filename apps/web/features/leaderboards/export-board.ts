import { load } from "../../lib/load.ts";
import { type Board, besides, ranked, references } from "./board.ts";
import { queryOf, readView } from "./board-view.ts";
import { LeaderboardDocument } from "./leaderboard-document.ts";

const pageSize = 500;

/** The whole of a view as a file: what the address asks for, all pages of it, and what stands beside. */
export async function exportBoard(
  request: Request,
  params: Promise<{ ns: string; suite: string }>,
  { type, extension, write }: { type: string; extension: string; write: (board: Board) => string },
): Promise<Response> {
  const { ns: namespace, suite } = await params;
  const view = readView(Object.fromEntries(new URL(request.url).searchParams));
  let whole: Board | null = null;
  for (let offset = 0; ; offset += pageSize) {
    const answer = await load(LeaderboardDocument, { namespace, suite, ...queryOf(view), first: pageSize, offset });
    if (!answer.ok) return new Response(`${answer.failure.message}\n`, { status: 502 });
    const page = answer.data.leaderboard;
    if (!page) return new Response(`There is no suite ${namespace}/${suite}.\n`, { status: 404 });
    whole = whole ? join(whole, page) : page;
    if (offset + pageSize >= page.rowCount) break;
  }
  return new Response(write(whole), {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "content-disposition": `attachment; filename="${suite.replace(/[^\w.-]/g, "_")}.${extension}"`,
      "cache-control": "no-store",
    },
  });
}

function join(before: Board, page: Board): Board {
  const asked = [...ranked(before), ...ranked(page)];
  const known = new Set(asked.map(({ id }) => id));
  const kept = new Map([...besides(before), ...besides(page)].map((row) => [row.id, row]));
  return { ...page, rows: [...asked, ...[...kept.values()].filter(({ id }) => !known.has(id)), ...references(page)] };
}
