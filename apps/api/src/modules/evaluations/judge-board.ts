import type { Deps } from "../../deps.ts";
import { compareRows } from "./board-differences.ts";
import type { Board, Interval } from "./leaderboard.ts";
import { plainAverageOf } from "./leaderboard-view.ts";

export interface Verdict {
  readonly overAverage: Interval | null;
  readonly leadOfFirst: Interval | null;
  readonly gainKept: number | null;
  readonly bestTitle: string | null;
  readonly secondTitle: string | null;
}

/** What the rows say about merging: did it pay, is the lead real, how much of the experts' gain was kept. Null when means are no shares. */
export async function judgeBoard(deps: Deps, board: Board): Promise<Verdict | null> {
  if (board.unit !== "share" || board.rows.length === 0) return null;
  const ranked = board.rows.filter(({ isRanked }) => isRanked);
  const [first, second] = ranked;
  const best = ranked.find(({ kind }) => kind === "MERGED");
  const average = plainAverageOf(board);
  const base = board.rows.find(({ reference, mean }) => reference === "BASE" && mean !== null)?.mean ?? null;
  const experts = board.rows.find(({ reference }) => reference === "EXPERTS")?.mean ?? null;
  const gain = base !== null && experts !== null ? experts - base : 0;
  return {
    overAverage: best && average && best !== average ? await compareRows(deps, board, [best, average]) : null,
    leadOfFirst: first && second ? await compareRows(deps, board, [first, second]) : null,
    gainKept: best?.mean != null && base !== null && gain > 0 ? (best.mean - base) / gain : null,
    bestTitle: first?.title ?? null,
    secondTitle: second?.title ?? null,
  };
}
