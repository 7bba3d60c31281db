import { meanOfEstimates, normalisedScore } from "@amalgam/engine/scores";
import type { LineageRole, VersionKind } from "../../generated/prisma/client.ts";
import type { Mark } from "./inherited-marks.ts";

/** What a leaderboard needs of one score. */
export interface Score {
  readonly evaluationId: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
  /** Examples that were answered correctly; null where an example is neither right nor wrong. */
  readonly correct: number | null;
}

/** A task as a leaderboard sees it. */
export interface BoardTask {
  readonly id: string;
  readonly name: string;
  readonly lowerIsBetter: boolean;
  /** Scores of one unit have a mean; those of different units only have one after they are divided by the expert's. */
  readonly unit: string;
}

/** A version, or a group of versions, with one score for each task in the order of the suite. */
export interface Entry {
  /** The digest of the bytes, or EXPERTS. */
  readonly id: string;
  readonly versionId: string | null;
  readonly title: string;
  readonly namespace: string | null;
  readonly kind: VersionKind | null;
  readonly method: string | null;
  readonly reference: "BASE" | "EXPERTS" | null;
  /** True for a linear merge that gives all its parents the same weight. */
  readonly isPlainAverage: boolean;
  readonly parents: readonly Parent[];
  /** By task: why the score flatters it, when the bytes or what they were made from were tuned on the split. */
  readonly tunedOn: readonly (Mark | null)[];
  readonly scores: readonly (Score | null)[];
}

/** A direct parent, as it was when the edge to it was made. */
export interface Parent {
  readonly digest: string;
  readonly ref: string;
  readonly role: LineageRole;
  readonly coefficient: number | null;
  readonly kind: VersionKind;
  readonly namespace: string;
  readonly name: string;
  readonly number: number;
  readonly strand: number | null;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Worst {
  readonly task: number;
  readonly value: number;
  /** The score by that of the task's expert; null when that is not known. */
  readonly ofExpert: number | null;
}

export interface Row extends Entry {
  /** Null without a score on every task, or when the tasks have different units. */
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** By task: score / score of the task's own expert. */
  readonly ratios: readonly (number | null)[];
  readonly normalisedMean: number | null;
  readonly worst: Worst | null;
  /** Whether the row takes part in the ranking: not a reference, scored on every task, not tuned on a split it reports, nor made from what was. */
  readonly isRanked: boolean;
}

export interface Board {
  readonly tasks: readonly BoardTask[];
  /** Null when the tasks have different units. */
  readonly unit: string | null;
  /** Best first: ranked and tuned rows by their means, then those without one, then references. */
  readonly rows: readonly Row[];
  /** By task: the score of its own expert. */
  readonly experts: readonly (Score | null)[];
}

/** Measures entries and puts them in order; equals go by title, so that the order of the input does not show. */
export function layOut(tasks: readonly BoardTask[], entries: readonly Entry[]): Board {
  const [unit = null, ...others] = new Set(tasks.map((task) => task.unit));
  const shared = others.length === 0 ? unit : null;
  const experts = entries.find(({ reference }) => reference === "EXPERTS")?.scores ?? tasks.map(() => null);
  const rows = entries.map((entry) => measure(entry, { tasks, unit: shared, experts }));
  return { tasks, unit: shared, experts, rows: rows.sort(byMerit(tasks, shared)) };
}

function measure(entry: Entry, { tasks, unit, experts }: Pick<Board, "tasks" | "unit" | "experts">): Row {
  const ratios = tasks.map(({ lowerIsBetter }, i) => {
    const [score, expert] = [entry.scores[i], experts[i]];
    return score && expert ? normalisedScore({ score, expert, lowerIsBetter }) : null;
  });
  const known = ratios.filter((ratio) => ratio !== null);
  const isWhole = entry.scores.every((score) => score !== null);
  const mean = isWhole && unit !== null ? meanOf(entry.scores.flatMap((score) => score ?? [])) : null;
  return {
    ...entry,
    ...(mean ?? { mean: null, low: null, high: null }),
    ratios,
    normalisedMean: known.length === tasks.length && isWhole ? known.reduce((sum, ratio) => sum + ratio / tasks.length, 0) : null,
    worst: worstOf(entry, ratios, unit === null ? null : (tasks[0] ?? null)),
    isRanked: entry.reference === null && mean !== null && entry.tunedOn.every((mark) => mark === null),
  };
}

function meanOf(scores: readonly Score[]): Pick<Row, "mean" | "low" | "high"> {
  const estimates = scores.flatMap(({ value, low, high }) => (low === null || high === null ? [] : [{ value, low, high }]));
  if (estimates.length < scores.length)
    return { mean: scores.reduce((sum, { value }) => sum + value / scores.length, 0), low: null, high: null };
  const { value, low, high } = meanOfEstimates(estimates);
  return { mean: value, low, high };
}

/** The task where least is left of its expert; without experts the lowest score, if scores have one unit. */
function worstOf({ scores }: Entry, ratios: readonly (number | null)[], sample: BoardTask | null): Worst | null {
  if (scores.includes(null)) return null;
  const sign = sample?.lowerIsBetter ? -1 : 1;
  const merits = ratios.includes(null) ? (sample ? scores.map((score) => sign * (score?.value ?? 0)) : []) : ratios;
  let worst: Worst | null = null;
  let least = Number.POSITIVE_INFINITY;
  merits.forEach((merit, task) => {
    if (merit === null || merit >= least) return;
    least = merit;
    worst = { task, value: scores[task]?.value ?? 0, ofExpert: ratios[task] ?? null };
  });
  return worst;
}

function byMerit(tasks: readonly BoardTask[], unit: string | null): (a: Row, b: Row) => number {
  const sign = unit !== null && tasks[0]?.lowerIsBetter ? -1 : 1;
  const merit = ({ mean, normalisedMean }: Row) => (unit === null ? normalisedMean : mean === null ? null : sign * mean);
  const group = (row: Row) => (row.reference !== null ? 2 : merit(row) === null ? 1 : 0);
  const count = ({ scores }: Row) => scores.filter(Boolean).length;
  return (a, b) =>
    group(a) - group(b) ||
    (merit(b) ?? 0) - (merit(a) ?? 0) ||
    count(b) - count(a) ||
    (a.title < b.title ? -1 : a.title > b.title ? 1 : a.id < b.id ? -1 : 1);
}
