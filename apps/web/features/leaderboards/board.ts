import type { Axis } from "../../components/interval-bar.tsx";
import type { LeaderboardQuery } from "../../gql/graphql.ts";
import { accuracy, capitalised, percent, points, pointsRange } from "../../lib/format.ts";

export type Board = NonNullable<LeaderboardQuery["leaderboard"]>;
export type BoardRow = Board["rows"][number];
export type Score = BoardRow["scores"][number];
export type Mode = "accuracy" | "expert" | "gain";

export const modes: readonly { value: Mode; label: string }[] = [
  { value: "accuracy", label: "Accuracy" },
  { value: "expert", label: "% of expert" },
  { value: "gain", label: "Gain kept" },
];

export function readMode(value: string | undefined): Mode {
  return modes.find((mode) => mode.value === value)?.value ?? "accuracy";
}

/** Rows that were asked for, in the order that was asked for. */
export const ranked = (board: Board) => board.rows.filter((row) => row.reference === null && !row.isKept);
/** Rows that were not, but that others are measured against: parents and the plain average. */
export const besides = (board: Board) => board.rows.filter((row) => row.isKept);
export const references = (board: Board) => board.rows.filter((row) => row.reference !== null);

/** The first merge that has a rank: one tuned on the split does not count. */
export const bestMerge = (board: Board): BoardRow | undefined =>
  board.rows.find((row) => row.kind === "MERGED" && row.rank !== null && row.version !== null);

export const scoreOn = (row: Pick<BoardRow, "scores"> | undefined, task: { name: string }): Score | undefined =>
  row?.scores.find((score) => score.taskName === task.name);

export const isLowerBetter = (task: { metric: string }) => task.metric === "bits_per_token";

/** Base and expert score of each task, from the reference rows. */
export interface Bounds {
  base: number | null;
  expert: number | null;
  /** Whether the expert's gain over the base is more than chance; if not, there is nothing to keep a share of. */
  isGain: boolean;
}

export function boundsByTask(board: Board): Map<string, Bounds> {
  const rowOf = (reference: string) => board.rows.find((row) => row.reference === reference);
  return new Map(
    board.tasks.map((task) => {
      const [base, expert] = [scoreOn(rowOf("BASE"), task), scoreOn(rowOf("EXPERTS"), task)];
      const chance = Math.hypot(halfWidth(base), halfWidth(expert));
      const sign = isLowerBetter(task) ? -1 : 1;
      const isGain = base?.value != null && expert?.value != null && sign * (expert.value - base.value) > chance;
      return [task.id, { base: base?.value ?? null, expert: expert?.value ?? null, isGain }];
    }),
  );
}

function halfWidth(score: Pick<Score, "low" | "high"> | undefined): number {
  return score?.low != null && score.high != null ? (score.high - score.low) / 2 : 0;
}

/** Share of what the expert gained over the base; null when the expert gained nothing that can be told from chance. */
export function gainKept(value: number | null, bounds: Bounds | undefined): number | null {
  if (value === null || bounds?.base == null || bounds.expert == null || !bounds.isGain) return null;
  return (value - bounds.base) / (bounds.expert - bounds.base);
}

/** A task in a narrow place: its title when that is short, else its name. */
export function taskLabel(task: { title: string; name: string }, most = 14): string {
  return task.title.length <= most ? task.title : capitalised(task.name.replaceAll(/[-_]/g, " "));
}

/** What a cell says in each mode. */
export function cellText(
  { value, ofExpert }: { value: number; ofExpert: number | null },
  bounds: Bounds | undefined,
  mode: Mode,
): string | null {
  if (mode === "expert") return ofExpert === null ? null : Math.round(ofExpert * 100).toString();
  if (mode === "gain") {
    const share = gainKept(value, bounds);
    return share === null
      ? null
      : Math.round(share * 100)
          .toString()
          .replace("-", "−");
  }
  return accuracy(value);
}

const mostTicks = 7;
const steps = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100];

/** Ranked rows set the range; references outside get an arrow. */
export function axisOf(rows: readonly { low: number | null; high: number | null }[], isShare = true): Axis {
  const lows = rows.flatMap((row) => row.low ?? []);
  const highs = rows.flatMap((row) => row.high ?? []);
  if (lows.length === 0 || highs.length === 0) return { low: 0, high: 1, ticks: [0, 0.25, 0.5, 0.75, 1] };
  const low = Math.min(...lows);
  const high = Math.max(...highs);
  const room = Math.max(0.01, (high - low) * 0.08);
  const from = Math.max(0, low - room);
  const to = isShare ? Math.min(1, high + room) : high + room;
  const step = steps.find((size) => (to - from) / size <= mostTicks) ?? (to - from) / mostTicks;
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to + 1e-9; i++) ticks.push(Number((i * step).toFixed(4)));
  return { low: from, high: to, ticks };
}

/** Where a row stands in a bracket of rows that a paired test cannot tell apart. */
export type Tie = "first" | "middle" | "last" | null;

export function ties(rows: readonly { rank: number | null }[]): Tie[] {
  // A row without a rank (tuned on the split) stands where it scores; a bracket goes past it.
  const near = (from: number, step: 1 | -1): number | null => {
    for (let i = from + step; rows[i]; i += step) if (rows[i]?.rank != null) return rows[i]?.rank ?? null;
    return null;
  };
  return rows.map(({ rank }, i) => {
    const [above, below] = [near(i, -1), near(i, 1)];
    if (rank === null) return above !== null && above === below ? "middle" : null;
    if (above === rank && below === rank) return "middle";
    return below === rank ? "first" : above === rank ? "last" : null;
  });
}

export interface VerdictCell {
  question: string;
  answer: string;
  detail: string;
}

/** The strip above a leaderboard. Never says more than the intervals do. */
export function verdictCells(board: Board): VerdictCell[] {
  const verdict = board.verdict;
  if (!verdict) return [];
  const cells: VerdictCell[] = [];
  if (verdict.overAverage) {
    const { value, low, high } = verdict.overAverage;
    const word = low > 0 ? "Yes" : high < 0 ? "No" : "Not clear";
    cells.push({
      question: "Did merging pay?",
      answer: `${word}, ${points(value)} points`,
      detail: `${pointsRange(low, high)} over a plain average`,
    });
  }
  if (verdict.leadOfFirst) {
    const { value, low, high } = verdict.leadOfFirst;
    const tied = low <= 0 && high >= 0;
    const second = shortTitle(verdict.secondTitle);
    cells.push({
      question: "Lead of the first row",
      answer: points(value),
      detail: `${pointsRange(low, high)}${second ? `, ${tied ? "a tie with" : "ahead of"} ${second}` : ""}`,
    });
  }
  if (verdict.gainKept !== null) {
    const total = expertGain(board);
    cells.push({
      question: "Kept of what the experts gained",
      answer: percent(verdict.gainKept),
      detail: total === null ? "over the base" : `of ${points(total)} points over the base`,
    });
  }
  return cells;
}

/** Mean gain of the experts over the base. */
function expertGain(board: Board): number | null {
  const experts = board.rows.find((row) => row.reference === "EXPERTS")?.mean ?? null;
  const base = board.rows.find((row) => row.reference === "BASE")?.mean ?? null;
  return experts === null || base === null ? null : experts - base;
}

/** "+7.5 points over a plain average, tied with tuned v1." as parts, so that the number can be set bold. */
export function heroVerdict(board: Board): { strong: string; rest: string } | null {
  const verdict = board.verdict;
  if (!verdict) return null;
  const lead = verdict.leadOfFirst;
  const second = shortTitle(verdict.secondTitle);
  const leadText = !lead || !second ? "" : lead.low <= 0 ? `, tied with ${second}` : `, ahead of ${second}`;
  const over = verdict.overAverage;
  if (!over) return second ? { strong: "", rest: `First of ${board.rowCount}${leadText}.` } : null;
  if (over.low <= 0 && over.high >= 0) return { strong: "", rest: "Cannot be told apart from a plain average." };
  return { strong: `${points(over.value)} points`, rest: ` ${over.value < 0 ? "under" : "over"} a plain average${leadText}.` };
}

/** "six-tasks/average@1" reads as "average v1". */
export function shortTitle(title: string | null | undefined): string | null {
  if (!title) return null;
  const found = /^(?:[^/]+\/)?([^@]+)@(\d+)$/.exec(title);
  return found ? `${found[1]} v${found[2]}` : title;
}

/** Each expert's score on its own task, by version ref. */
export function expertScores(board: Board | null): Map<string, string> {
  const experts = board?.rows.find((row) => row.reference === "EXPERTS");
  const notes = new Map<string, string>();
  for (const task of board?.tasks ?? []) {
    const value = scoreOn(experts, task)?.value;
    if (task.expert && value != null) notes.set(task.expert.ref, accuracy(value));
  }
  return notes;
}
