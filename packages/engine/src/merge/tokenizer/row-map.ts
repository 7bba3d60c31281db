import type { EmbeddingAlignment } from "./align-embeddings.ts";

/** Marks of rows that stand in no matrix. */
export const rowOf = { zero: -1, mean: -2, average: -3 } as const;

/** Where each row of an aligned matrix comes from: numbers alone, in memory that threads share. */
export interface RowMap {
  /** By output row: the model whose matrix has it, or a mark of `rowOf` */
  readonly matrix: Int32Array;
  /** By output row: the row of that matrix; of an average, its index in `averages` */
  readonly row: Int32Array;
  /** Rows to average, the same for all models of a merge */
  readonly averages: Averages;
  readonly hasMean: boolean;
}

/** Lists one behind the other: the i-th lies from starts[i] to starts[i + 1]. */
export interface Averages {
  readonly starts: Int32Array;
  readonly matrix: Int32Array;
  readonly row: Int32Array;
}

const shared = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** The maps of an alignment, one for each model. */
export function rowMaps({ own, rows, defaults }: Pick<EmbeddingAlignment, "own" | "rows" | "defaults">): RowMap[] {
  const matrix = new Int32Array(rows).fill(rowOf.zero);
  const row = new Int32Array(rows);
  const lists: (readonly { readonly model: number; readonly row: number }[])[] = [];
  for (const { outputRow, from } of defaults) {
    if (typeof from === "string") matrix[outputRow] = rowOf[from];
    else if (from.length === 1) [matrix[outputRow], row[outputRow]] = [from[0]?.model ?? 0, from[0]?.row ?? 0];
    else [matrix[outputRow], row[outputRow]] = [rowOf.average, lists.push(from) - 1];
  }
  const averages = averagesOf(lists);
  return own.map((mine, model): RowMap => {
    const map = { matrix: shared(rows), row: shared(rows), averages, hasMean: false };
    for (let at = 0; at < rows; at += 1) {
      const ownRow = mine[at] ?? -1;
      map.matrix[at] = ownRow >= 0 ? model : (matrix[at] ?? rowOf.zero);
      map.row[at] = ownRow >= 0 ? ownRow : (row[at] ?? 0);
    }
    return { ...map, hasMean: map.matrix.includes(rowOf.mean) };
  });
}

function averagesOf(lists: readonly (readonly { readonly model: number; readonly row: number }[])[]): Averages {
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  const averages = { starts: shared(lists.length + 1), matrix: shared(total), row: shared(total) };
  let at = 0;
  lists.forEach((list, i) => {
    for (const { model, row } of list) {
      averages.matrix[at] = model;
      averages.row[at] = row;
      at += 1;
    }
    averages.starts[i + 1] = at;
  });
  return averages;
}

/** Whether an aligned matrix is the first rows of the model's own. */
export const isPrefix = ({ matrix, row }: RowMap, model: number): boolean =>
  matrix.every((from, at) => from === model && row[at] === at);

/** Models whose matrices the map takes rows from. */
export function matricesOf({ matrix, row, averages }: RowMap): ReadonlySet<number> {
  const found = new Set<number>();
  matrix.forEach((from, at) => {
    if (from >= 0) found.add(from);
    else if (from === rowOf.average) for (const i of listAt(averages, row[at] ?? 0)) found.add(averages.matrix[i] ?? 0);
  });
  return found;
}

/** Places of a list's entries. */
function* listAt({ starts }: Averages, list: number): Generator<number> {
  for (let i = starts[list] ?? 0; i < (starts[list + 1] ?? 0); i += 1) yield i;
}

/** The end of the output rows from `begin` on that follow one another in their matrices too: they can be read at once. */
export function runEnd(map: RowMap, begin: number, end: number): number {
  const from = map.matrix[begin];
  let at = begin + 1;
  while (at < end && map.matrix[at] === from && follows(map, at)) at += 1;
  return at;
}

/** Whether a row comes right after the one before, which has the same mark. */
function follows({ matrix, row, averages }: RowMap, at: number): boolean {
  const from = matrix[at] ?? 0;
  const [previous, current] = [row[at - 1] ?? 0, row[at] ?? 0];
  if (from >= 0) return current === previous + 1;
  if (from !== rowOf.average) return true;
  const { starts } = averages;
  const [before, now] = [starts[previous] ?? 0, starts[current] ?? 0];
  const length = (starts[current + 1] ?? 0) - now;
  if ((starts[previous + 1] ?? 0) - before !== length) return false;
  for (let i = 0; i < length; i += 1) {
    if (averages.matrix[before + i] !== averages.matrix[now + i]) return false;
    if ((averages.row[before + i] ?? 0) + 1 !== averages.row[now + i]) return false;
  }
  return true;
}

interface Part {
  /** Elements of a row */
  readonly columns: number;
  readonly begin: number;
  readonly count: number;
}

/**
 * Bytes that are read for a part of an aligned matrix: what its rows take in the matrices they come from, each row of an average.
 * @param sizes bytes of an element, by model
 */
export function bytesOfRows(map: RowMap, sizes: readonly number[], { columns, begin, count }: Part): number {
  const { matrix, row, averages } = map;
  const end = begin + count;
  let bytes = 0;
  for (let at = Math.floor(begin / columns); at * columns < end; at += 1) {
    const elements = Math.min(end, (at + 1) * columns) - Math.max(begin, at * columns);
    const from = matrix[at] ?? rowOf.zero;
    if (from >= 0) bytes += elements * (sizes[from] ?? 0);
    else if (from === rowOf.average)
      for (const i of listAt(averages, row[at] ?? 0)) bytes += elements * (sizes[averages.matrix[i] ?? 0] ?? 0);
  }
  return bytes;
}
