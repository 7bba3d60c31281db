import type { VersionKind } from "../../generated/prisma/client.ts";
import type { Board, Row } from "./leaderboard.ts";

export interface RowFilter {
  readonly kinds?: readonly VersionKind[] | null | undefined;
  readonly methods?: readonly string[] | null | undefined;
  readonly namespaces?: readonly string[] | null | undefined;
  /** Words that must all occur in the ref or the method. */
  readonly text?: string | null | undefined;
}

type SortKey = "RANK" | "NAME" | "KIND" | "METHOD" | "MEAN" | "NORMALISED_MEAN" | "WORST" | "TASK";

export interface RowSort {
  readonly by: SortKey;
  /** For TASK: its place in the suite. */
  readonly task?: number | undefined;
  /** Best first, or from A to Z; true turns it round. */
  readonly reversed?: boolean | null | undefined;
}

export interface Page {
  readonly first: number;
  readonly offset: number;
}

/** Why a row is there although it was not asked for. */
export interface ViewRow {
  readonly row: Row;
  readonly isKept: boolean;
}

/** Rows that pass the filter, in order: everything but references, which are always there. */
export function findRows(board: Board, filter: RowFilter, sort: RowSort): Row[] {
  const words = (filter.text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const allows = <T>(list: readonly T[] | null | undefined, value: T | null) =>
    !list || list.length === 0 || (value !== null && list.includes(value));
  const found = board.rows.filter(
    (row) =>
      row.reference === null &&
      allows(filter.kinds, row.kind) &&
      allows(filter.methods, row.method) &&
      allows(filter.namespaces, row.namespace) &&
      words.every((word) => `${row.title} ${row.method ?? ""} ${row.kind ?? ""}`.toLowerCase().includes(word)),
  );
  return sortRows(board, found, sort);
}

/** One page of what was found, then what it is measured against: parents, the plain average, then references. */
export function viewRows(board: Board, found: readonly Row[], { first, offset }: Page): ViewRow[] {
  const page = found.slice(offset, offset + first);
  const shown = new Set(page.map(({ id }) => id));
  const wanted = new Set(page.flatMap(({ kind, parents }) => (kind === "MERGED" ? parents.map(({ digest }) => digest) : [])));
  const average = plainAverageOf(board);
  const isWanted = (row: Row) => row.reference === null && !shown.has(row.id) && (wanted.has(row.id) || row === average);
  return [
    ...page.map((row) => ({ row, isKept: false })),
    ...board.rows.filter(isWanted).map((row) => ({ row, isKept: true })),
    ...board.rows.filter(({ reference }) => reference !== null).map((row) => ({ row, isKept: false })),
  ];
}

/** The plain average of most parents, the best of them when there are several. */
export function plainAverageOf(board: Board): Row | null {
  const averages = board.rows.filter((row) => row.isPlainAverage && row.isRanked);
  const parents = (row: Row) => row.parents.filter(({ role }) => role === "PARENT").length;
  return averages.reduce<Row | null>((best, row) => (best === null || parents(row) > parents(best) ? row : best), null);
}

/** Stable: equals stay in the order of the board, and rows that lack the value come last either way. */
function sortRows(board: Board, rows: Row[], { by, task = 0, reversed }: RowSort): Row[] {
  const direction = reversed ? -1 : 1;
  if (by === "RANK") return reversed ? [...rows].reverse() : rows;
  const key = keyOf(board, by, task);
  return rows
    .map((row) => ({ row, value: key(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      return a.value === b.value ? 0 : (a.value < b.value ? -1 : 1) * direction;
    })
    .map(({ row }) => row);
}

/** What to sort by, least first. */
function keyOf({ tasks, unit }: Board, by: Exclude<SortKey, "RANK">, task: number): (row: Row) => number | string | null {
  const negative = (value: number | null | undefined) => (value === null || value === undefined ? null : -value);
  const isTurned = unit !== null && tasks[0]?.lowerIsBetter;
  switch (by) {
    case "NAME":
      return ({ title }) => title;
    case "KIND":
      return ({ kind }) => kind;
    case "METHOD":
      return ({ method }) => method;
    case "MEAN":
      return ({ mean }) => (isTurned ? mean : negative(mean));
    case "NORMALISED_MEAN":
      return ({ normalisedMean }) => negative(normalisedMean);
    case "WORST":
      return ({ worst }) => negative(worst?.ofExpert ?? (isTurned ? negative(worst?.value) : worst?.value));
    case "TASK":
      return ({ scores }) => (tasks[task]?.lowerIsBetter ? (scores[task]?.value ?? null) : negative(scores[task]?.value));
  }
}
