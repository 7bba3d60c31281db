/** Token ids of several texts, padded to the longest: row r holds `lengths[r]` ids, then padding. */
export interface TokenBatch {
  readonly size: number;
  readonly length: number;
  /** size × length, row after row. */
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
}

/** Pads sequences (each at least one id) to the longest of them. */
export function padBatch(sequences: readonly ArrayLike<number>[], paddingId = 0): TokenBatch {
  const lengths = Int32Array.from(sequences, (sequence) => sequence.length);
  if (lengths.length === 0 || lengths.includes(0))
    throw new RangeError("A batch needs at least one sequence, and every sequence a token.");
  const length = Math.max(...lengths);
  const ids = new Int32Array(sequences.length * length).fill(paddingId);
  sequences.forEach((sequence, row) => {
    ids.set(sequence, row * length);
  });
  return { size: sequences.length, length, ids, lengths };
}

/** Some of the texts, in the order of `rows`; one may come several times. */
export function takeTexts({ length, ids, lengths }: TokenBatch, rows: Int32Array): TokenBatch {
  const taken = new Int32Array(rows.length * length);
  rows.forEach((row, at) => {
    taken.set(ids.subarray(row * length, (row + 1) * length), at * length);
  });
  return { size: rows.length, length, ids: taken, lengths: rows.map((row) => lengths[row] ?? 0) };
}
