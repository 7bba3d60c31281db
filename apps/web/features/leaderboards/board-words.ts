import type { Axis } from "../../components/interval-bar.tsx";
import { axisOf, type Board, type BoardRow, besides, ranked, type Tie, ties } from "./board.ts";
import type { BoardView } from "./board-view.ts";

export const rankWords =
  "Rank: 1 + the number of rows above whose lead is beyond doubt, that is, whose 95 % interval of the paired difference over the same examples lies above zero";

/** Brackets are drawn in the order of ranks only: elsewhere equals need not be neighbours. */
export function tiesIn(rows: readonly BoardRow[], view: BoardView): Tie[] {
  const isByRank = "column" in view.sort && (view.sort.column === "rank" || view.sort.column === "mean");
  return isByRank ? ties(rows) : rows.map(() => null);
}

/** Rows that are compared set the range of the axis; references outside it get an arrow. */
export function axisFor(board: Board): Axis {
  const rows = [...ranked(board), ...besides(board)].filter(({ mean }) => mean !== null);
  return axisOf(rows.length > 0 ? rows : board.rows, board.unit === "share");
}
