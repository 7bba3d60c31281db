import type { DefaultRow } from "./default-rows.ts";

/** Output rows that follow one another both in the result and in a model's own matrix. */
export interface RowRun {
  readonly outputRow: number;
  /** First row in the model's own matrix */
  readonly row: number;
  readonly count: number;
}

/** The own rows of a model for output rows begin to end (exclusive), as runs that can be read at once. */
export function rowRuns(own: Int32Array, begin: number, end: number): RowRun[] {
  const runs: RowRun[] = [];
  let at = begin;
  while (at < end) {
    const row = own[at] ?? -1;
    let count = 1;
    while (at + count < end && row >= 0 && own[at + count] === row + count) count += 1;
    if (row >= 0) runs.push({ outputRow: at, row, count });
    at += count;
  }
  return runs;
}

/** The default rows for output rows begin to end (exclusive) that a model takes. */
export function defaultsFor(
  own: Int32Array,
  defaults: readonly DefaultRow[],
  { begin, end }: { begin: number; end: number },
): DefaultRow[] {
  let low = 0;
  let high = defaults.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((defaults[middle]?.outputRow ?? 0) < begin) low = middle + 1;
    else high = middle;
  }
  const taken: DefaultRow[] = [];
  for (let i = low; i < defaults.length; i += 1) {
    const entry = defaults[i];
    if (entry === undefined || entry.outputRow >= end) break;
    if ((own[entry.outputRow] ?? -1) < 0) taken.push(entry);
  }
  return taken;
}
