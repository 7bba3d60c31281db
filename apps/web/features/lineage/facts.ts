import { accuracy, interval } from "../../lib/format.ts";
import { type Board, scoreOn } from "../leaderboards/board.ts";

/** The one fact under a node, by version id: a mean with its interval, or an expert's score on its own task. */
export function factsOf(board: Board | null): Map<string, string> {
  const facts = new Map<string, string>();
  if (!board) return facts;
  const experts = board.rows.find((row) => row.reference === "EXPERTS");
  for (const task of board.tasks) {
    const value = scoreOn(experts, task)?.value;
    if (task.expert && value != null) facts.set(task.expert.id, `${accuracy(value)} on its task`);
  }
  for (const row of board.rows) {
    if (!row.version || row.mean === null || row.reference === "EXPERTS" || facts.has(row.version.id)) continue;
    const range =
      row.reference === null && row.low !== null && row.high !== null ? ` ${interval(row.mean, row.low, row.high)}` : "";
    facts.set(row.version.id, `${accuracy(row.mean)}${range}`);
  }
  return facts;
}
