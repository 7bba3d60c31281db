import type { Leaderboard, LeaderboardRow } from "../client/evaluation-operations.ts";
import { formatDifference, formatInterval, formatScore, plural, printable, thinSpace } from "./format.ts";
import { axisOf, drawInterval, type Interval } from "./interval-plot.ts";
import { type Style, width } from "./style.ts";
import { renderTable } from "./table.ts";

const meanOf = ({ mean, low, high }: LeaderboardRow): Interval | null =>
  mean === null || low === null || high === null ? null : { value: mean, low, high };

/** Rows that a paired test cannot tell apart share a rank; in the order of ranks only the first of them shows it. */
function rankMarks(rows: readonly LeaderboardRow[]): string[] {
  const ranks = rows.filter(({ isKept }) => !isKept).flatMap(({ rank }) => rank ?? []);
  const isOrdered = ranks.every((rank, i) => rank >= (ranks[i - 1] ?? 1));
  return rows.map(({ rank, isKept }, i) => {
    if (rank === null) return "";
    const before = rows[i - 1];
    return isOrdered && !isKept && rank === before?.rank ? "=" : String(rank);
  });
}

/** The method of a merge, else what the row is. */
const madeBy = ({ method, reference, kind }: LeaderboardRow): string => {
  if (method !== null) return method;
  const word = kind?.toLowerCase().replace("_", "-") ?? "";
  return reference === null ? word : `${word} reference`.trim();
};

const details = ["plot", "expert"] as const;
type Detail = (typeof details)[number];

/** As a table; `columns` is the width of the terminal: what does not fit is left out, plots first, and nothing wraps. */
export function renderLeaderboard(board: Leaderboard, style: Style, columns = Number.POSITIVE_INFINITY): string {
  for (let dropped = 0; dropped < details.length; dropped++) {
    const whole = renderBoard(board, style, new Set(details.slice(dropped)));
    const table = whole.split("\n").slice(2, 3 + board.rows.length); // sentences below it may wrap
    if (Math.max(...table.map(width)) <= columns) return whole;
  }
  return renderBoard(board, style, new Set());
}

function renderBoard(board: Leaderboard, style: Style, shown: ReadonlySet<Detail>): string {
  const { rows, tasks, suite } = board;
  const ranked = rows.filter((row) => row.reference === null);
  const axis = axisOf((ranked.length > 0 ? ranked : rows).flatMap((row) => meanOf(row) ?? []));
  const hasPlot = shown.has("plot");
  const hasExpert = shown.has("expert") && rows.some(({ normalised }) => normalised !== null);
  const columns = [
    { title: "", align: "right" as const },
    { title: "Version" },
    { title: "Method" },
    { title: board.unit === "share" ? "Mean accuracy, 95% interval" : "Mean, 95% interval" },
    ...(hasPlot ? [{ title: axis ? axisTitle(axis) : "" }] : []),
    ...(hasExpert ? [{ title: "By expert's" }, { title: "Worst task" }] : []),
    ...tasks.map(({ name }) => ({ title: printable(name, 20), align: "right" as const })),
  ];
  const marks = rankMarks(rows);
  const cells = rows.map((row, index) => {
    const mean = meanOf(row);
    const byTask = new Map(row.scores.map((score) => [score.taskName, score.value]));
    return [
      marks[index] ?? "",
      titleOf(row, style),
      printable(madeBy(row), 24),
      mean ? formatInterval(mean.value, mean.low, mean.high) : missingMean(board, row),
      ...(hasPlot ? [mean && axis ? drawInterval(mean, axis) : ""] : []),
      ...(hasExpert ? expertCells(row) : []),
      ...tasks.map(({ name }) => {
        const value = byTask.get(name) ?? null;
        return value === null ? "–" : formatScore(value);
      }),
    ];
  });
  const head = `${style.bold(printable(suite.title))}  ${board.purpose.toLowerCase()} split, ${plural(tasks.length, "task")}, ${plural(board.exampleCount, "example")}`;
  const table = rows.length === 0 ? "No evaluations yet. amalgam evaluate fills this table." : renderTable(columns, cells, style);
  return [head, "", table, ...notes(rows), ...verdictLines(board)].join("\n");
}

function titleOf(row: LeaderboardRow, style: Style): string {
  const name = printable(row.version?.ref ?? row.title, 48);
  const title = row.tunedOn.length > 0 ? `${name} *` : row.isKept ? `+ ${name}` : name;
  return row.rank === 1 ? style.bold(title) : title;
}

function missingMean({ unit }: Leaderboard, { scores, mean }: LeaderboardRow): string {
  if (mean !== null) return formatScore(mean);
  if (scores.length === 0) return "not evaluated";
  return unit === null ? "" : "not on every task";
}

function expertCells({ normalised, worst }: LeaderboardRow): [string, string] {
  const share = normalised && normalised.low !== null && normalised.high !== null;
  return [
    share ? formatInterval(normalised.value, normalised.low ?? 0, normalised.high ?? 0) : "–",
    worst ? `${printable(worst.taskName, 20)} ${formatScore(worst.ofExpert ?? worst.value)}` : "–",
  ];
}

const mostReasons = 5;
const reasonsOf = ({ tunedOnReasons }: LeaderboardRow): string => tunedOnReasons.map(({ sentence }) => sentence).join(" ");

/** What the marks in the table mean, those that occur. */
function notes(rows: readonly LeaderboardRow[]): string[] {
  const lines: string[] = [];
  const tuned = rows.filter(({ tunedOn }) => tunedOn.length > 0);
  if (tuned.length > 0)
    lines.push(
      "* tuned on a split that it is scored on here, or made from what was: not ranked",
      ...tuned.slice(0, mostReasons).map((row) => `  ${printable(`${row.title}: ${reasonsOf(row)}`, 200)}`),
      ...(tuned.length > mostReasons ? [`  and ${tuned.length - mostReasons} more; --json tells why`] : []),
    );
  if (rows.some(({ isKept }) => isKept)) lines.push("+ not asked for: parents and the plain average, to compare with");
  return lines.length > 0 ? ["", ...lines] : [];
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
