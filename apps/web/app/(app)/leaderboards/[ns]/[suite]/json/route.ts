import { toJson } from "../../../../../../features/leaderboards/board-export.ts";
import { exportBoard } from "../../../../../../features/leaderboards/export-board.ts";

export function GET(request: Request, { params }: { params: Promise<{ ns: string; suite: string }> }) {
  const write = (board: Parameters<typeof toJson>[0]) => `${JSON.stringify(toJson(board), null, 2)}\n`;
  return exportBoard(request, params, { type: "application/json", extension: "json", write });
}
