import { toCsv } from "../../../../../../features/leaderboards/board-export.ts";
import { exportBoard } from "../../../../../../features/leaderboards/export-board.ts";

export function GET(request: Request, { params }: { params: Promise<{ ns: string; suite: string }> }) {
  return exportBoard(request, params, { type: "text/csv", extension: "csv", write: toCsv });
}
