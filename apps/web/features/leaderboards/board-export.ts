import type { Board, BoardRow } from "./board.ts";
import { scoreOn } from "./board.ts";

/** The board as `amalgam leaderboard --json` prints it. */
export function toJson({ suite, purpose, exampleCount, unit, tasks, rows }: Board) {
  return {
    suite: `${suite.namespace}/${suite.name}`,
    purpose,
    exampleCount,
    unit,
    rows: rows.map((row) => ({
      version: row.version?.ref ?? null,
      title: row.title,
      kind: row.kind ?? row.reference ?? "MERGED",
      method: row.method,
      rank: row.rank,
      reference: row.reference,
      isKept: row.isKept,
      isPlainAverage: row.isPlainAverage,
      parents: row.parents.map(({ ref }) => ref),
      tunedOn: row.tunedOn,
      tunedOnReasons: reasonsOf(row),
      scores: Object.fromEntries(tasks.flatMap((task) => scoreEntry(row, task))),
      mean: row.mean,
      low: row.low,
      high: row.high,
      normalised: row.normalised,
      worst: row.worst && { task: row.worst.taskName, value: row.worst.value, ofExpert: row.worst.ofExpert },
    })),
  };
}

const reasonsOf = (row: BoardRow): string[] => row.tunedOnReasons.map(({ sentence }) => sentence);

function scoreEntry(row: BoardRow, task: { name: string }) {
  const score = scoreOn(row, task);
  return score ? [[task.name, { value: score.value, n: score.n, low: score.low, high: score.high }] as const] : [];
}

/** One line a row, four columns a task. */
export function toCsv(board: Board): string {
  const head = ["rank", "reference", "version", "kind", "method", "mean", "mean_low", "mean_high"];
  const tasks = board.tasks.flatMap(({ name }) => [name, `${name}_low`, `${name}_high`, `${name}_n`]);
  const more = [
    "normalised",
    "normalised_low",
    "normalised_high",
    "worst_task",
    "worst_of_expert",
    "kept",
    "tuned_on",
    "tuned_on_reasons",
    "parents",
  ];
  const lines = board.rows.map((row) => [
    ...[row.rank, row.reference, row.version?.ref ?? row.title, row.kind, row.method, row.mean, row.low, row.high],
    ...board.tasks.flatMap((task) => {
      const score = scoreOn(row, task);
      return [score?.value, score?.low, score?.high, score?.n];
    }),
    ...[row.normalised?.value, row.normalised?.low, row.normalised?.high, row.worst?.taskName, row.worst?.ofExpert],
    ...[String(row.isKept), row.tunedOn.join(" "), reasonsOf(row).join(" "), row.parents.map(({ ref }) => ref).join(" ")],
  ]);
  return `${[[...head, ...tasks, ...more], ...lines].map((line) => line.map(csvField).join(",")).join("\r\n")}\r\n`;
}

/** Quoted when needed; a leading = + - @ would be a formula to a spreadsheet. */
function csvField(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
