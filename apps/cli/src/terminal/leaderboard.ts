import type { Leaderboard, LeaderboardRow } from "../client/evaluation-operations.ts";
import { formatDifference, formatInterval, formatScore, plural, printable, thinSpace } from "./format.ts";
import { axisOf, drawInterval, type Interval } from "./interval-plot.ts";
import { type Style, width } from "./style.ts";
import { renderTable } from "./table.ts";

export interface ScoreJson {
  readonly value: number;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

/** The shape of `npm run demo -- --json` and `amalgam leaderboard --json`. */
export interface LeaderboardJson {
  readonly rows: readonly {
    readonly version: string | null;
    readonly title: string;
    readonly kind: string;
    readonly method: string | null;
    readonly rank: number | null;
    readonly scores: Readonly<Record<string, ScoreJson>>;
    readonly mean: number | null;
    readonly low: number | null;
    readonly high: number | null;
  }[];
}

const scoresOf = (row: LeaderboardRow): Record<string, ScoreJson> =>
  Object.fromEntries(
    row.scores.flatMap(({ task, value, n, low, high }) =>
      value === null || n === null || low === null || high === null ? [] : [[task.name, { value, n, low, high }]],
    ),
  );

export const leaderboardJson = (board: Leaderboard): LeaderboardJson => ({
  rows: board.rows.map((row) => ({
    version: row.version?.ref ?? null,
    title: row.title,
    kind: row.version?.kind ?? row.reference ?? "MERGED",
    method: row.method,
    rank: row.rank,
    scores: scoresOf(row),
    mean: row.mean,
    low: row.low,
    high: row.high,
  })),
});

// A cell that starts with one of these is run as a formula by spreadsheets.
const csvCell = (value: string | number | null): string => {
  const text = value === null ? "" : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export function leaderboardCsv(board: Leaderboard): string {
  const names = board.tasks.map(({ name }) => name);
  const titles = [
    "rank",
    "version",
    "title",
    "kind",
    "method",
    "mean",
    "low",
    "high",
    ...names.flatMap((name) => [name, `${name}_low`, `${name}_high`, `${name}_n`]),
  ];
  const lines = leaderboardJson(board).rows.map((row) => [
    ...[row.rank, row.version, row.title, row.kind, row.method, row.mean, row.low, row.high],
    ...names.flatMap((name) => {
      const score = row.scores[name];
      return score ? [score.value, score.low, score.high, score.n] : [null, null, null, null];
    }),
  ]);
  return [titles, ...lines].map((line) => line.map(csvCell).join(",")).join("\n");
}

const meanOf = ({ mean, low, high }: LeaderboardRow): Interval | null =>
  mean === null || low === null || high === null ? null : { value: mean, low, high };

/** Rows that a paired test cannot tell apart share a rank; only the first of them shows it. */
const rankMark = (rows: readonly LeaderboardRow[], index: number): string => {
  const rank = rows[index]?.rank ?? null;
  if (rank === null) return "";
  return rank === rows[index - 1]?.rank ? "=" : String(rank);
};

/** The method of a merge, else what the row is. */
const madeBy = ({ method, reference, version }: LeaderboardRow): string => {
  if (method !== null) return method;
  const kind = version?.kind.toLowerCase().replace("_", "-") ?? "";
  return reference === null ? kind : `${kind} reference`.trim();
};

/** As a table; `columns` is the width of the terminal: where the interval plots do not fit, they are left out and nothing wraps. */
export function renderLeaderboard(board: Leaderboard, style: Style, columns = Number.POSITIVE_INFINITY): string {
  const whole = renderBoard(board, style, true);
  const table = whole.split("\n").slice(2, 3 + board.rows.length); // sentences below it may wrap
  const widest = Math.max(...table.map(width));
  return widest <= columns ? whole : renderBoard(board, style, false);
}

function renderBoard(board: Leaderboard, style: Style, hasPlot: boolean): string {
  const { rows, tasks, suite } = board;
  const ranked = rows.filter((row) => row.reference === null);
  const axis = axisOf((ranked.length > 0 ? ranked : rows).flatMap((row) => meanOf(row) ?? []));
  const columns = [
    { title: "", align: "right" as const },
    { title: "Version" },
    { title: "Method" },
    { title: "Mean accuracy, 95% interval" },
    ...(hasPlot ? [{ title: axis ? axisTitle(axis) : "" }] : []),
    ...tasks.map(({ name }) => ({ title: printable(name, 20), align: "right" as const })),
  ];
  const cells = rows.map((row, index) => {
    const mean = meanOf(row);
    const byTask = new Map(row.scores.map((score) => [score.task.name, score.value]));
    const title = printable(row.version?.ref ?? row.title, 48);
    return [
      rankMark(rows, index),
      row.rank === 1 ? style.bold(title) : title,
      printable(madeBy(row), 24),
      mean ? formatInterval(mean.value, mean.low, mean.high) : "not evaluated",
      ...(hasPlot ? [mean && axis ? drawInterval(mean, axis) : ""] : []),
      ...tasks.map(({ name }) => {
        const value = byTask.get(name) ?? null;
        return value === null ? "–" : formatScore(value);
      }),
    ];
  });
  const head = `${style.bold(printable(suite.title))}  ${board.purpose.toLowerCase()} split, ${plural(tasks.length, "task")}, ${plural(board.exampleCount, "example")}`;
  const table = rows.length === 0 ? "No evaluations yet. amalgam evaluate fills this table." : renderTable(columns, cells, style);
  return [head, "", table, ...verdictLines(board)].join("\n");
}

function axisTitle([from, to]: readonly [number, number]): string {
  const [low, high] = [formatScore(from), formatScore(to)];
  return `${low}${" ".repeat(Math.max(1, 24 - low.length - high.length))}${high}`;
}

function verdictLines({ verdict }: Leaderboard): string[] {
  if (!verdict) return [];
  const { overAverage, leadOfFirst, gainKept, bestTitle, secondTitle } = verdict;
  const lines: string[] = [];
  const say = (name: string, gain: Interval): string => {
    const difference = formatDifference(gain.value, gain.low, gain.high);
    return `${name}: ${difference} points, paired${gain.low > 0 ? "" : "; cannot be told apart"}`;
  };
  if (overAverage) lines.push(say("Best merge over the plain average", overAverage));
  if (leadOfFirst && bestTitle && secondTitle)
    lines.push(say(`${printable(bestTitle)} over ${printable(secondTitle)}`, leadOfFirst));
  if (gainKept !== null) lines.push(`Share of the experts' gain kept: ${Math.round(gainKept * 100)}${thinSpace}%`);
  return lines.length > 0 ? ["", ...lines] : [];
}
