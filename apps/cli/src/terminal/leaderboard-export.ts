import type { Leaderboard, LeaderboardRow } from "../client/evaluation-operations.ts";

export interface ScoreJson {
  readonly value: number;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

/** The shape of `npm run demo -- --json` and `amalgam leaderboard --json`. */
export interface LeaderboardJson {
  readonly suite: string;
  readonly purpose: string;
  readonly exampleCount: number;
  readonly unit: string | null;
  readonly rows: readonly {
    readonly version: string | null;
    readonly title: string;
    readonly kind: string;
    readonly method: string | null;
    readonly rank: number | null;
    /** BASE, EXPERTS, or null for other rows. */
    readonly reference: string | null;
    /** Not asked for: a parent of another row, or the plain average. */
    readonly isKept: boolean;
    readonly isPlainAverage: boolean;
    readonly parents: readonly string[];
    /** Tasks whose reported split the version, or one that it descends from, was tuned on. */
    readonly tunedOn: readonly string[];
    /** Why, in words. */
    readonly tunedOnReasons: readonly string[];
    readonly scores: Readonly<Record<string, ScoreJson>>;
    readonly mean: number | null;
    readonly low: number | null;
    readonly high: number | null;
    /** Mean over tasks of score by the score of the task's own expert. */
    readonly normalised: LeaderboardRow["normalised"];
    readonly worst: { readonly task: string; readonly value: number; readonly ofExpert: number | null } | null;
  }[];
}

const scoresOf = (row: LeaderboardRow): Record<string, ScoreJson> =>
  Object.fromEntries(
    row.scores.flatMap(({ taskName, value, n, low, high }) =>
      value === null || n === null || low === null || high === null ? [] : [[taskName, { value, n, low, high }]],
    ),
  );

export const leaderboardJson = ({ suite, purpose, exampleCount, unit, rows }: Leaderboard): LeaderboardJson => ({
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
    tunedOnReasons: row.tunedOnReasons.map(({ sentence }) => sentence),
    scores: scoresOf(row),
    mean: row.mean,
    low: row.low,
    high: row.high,
    normalised: row.normalised,
    worst: row.worst && { task: row.worst.taskName, value: row.worst.value, ofExpert: row.worst.ofExpert },
  })),
});

// A cell that starts with one of these is run as a formula by spreadsheets.
const csvCell = (value: string | number | null | undefined): string => {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export function leaderboardCsv(board: Leaderboard): string {
  const names = board.tasks.map(({ name }) => name);
  const titles = [
    ...["rank", "version", "title", "kind", "method", "mean", "low", "high"],
    ...names.flatMap((name) => [name, `${name}_low`, `${name}_high`, `${name}_n`]),
    ...[
      "normalised",
      "normalised_low",
      "normalised_high",
      "worst_task",
      "worst_of_expert",
      "reference",
      "kept",
      "tuned_on",
      "tuned_on_reasons",
      "parents",
    ],
  ];
  const lines = leaderboardJson(board).rows.map((row) => [
    ...[row.rank, row.version, row.title, row.kind, row.method, row.mean, row.low, row.high],
    ...names.flatMap((name) => {
      const score = row.scores[name];
      return score ? [score.value, score.low, score.high, score.n] : [null, null, null, null];
    }),
    ...[row.normalised?.value, row.normalised?.low, row.normalised?.high, row.worst?.task, row.worst?.ofExpert],
    ...[row.reference, String(row.isKept), row.tunedOn.join(" "), row.tunedOnReasons.join(" "), row.parents.join(" ")],
  ]);
  return [titles, ...lines].map((line) => line.map(csvCell).join(",")).join("\n");
}
