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
