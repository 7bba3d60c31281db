/** Indices of sequences that go through the model together. */
export type IndexBatch = readonly number[];

/**
 * Groups sequences by length, longest first, so that little is padded and the largest batch comes first: a batch that does not fit
 * in memory fails at once. A batch times its longest sequence stays within `batchTokens`, but a batch has at least one sequence.
 */
export function lengthBatches(lengths: readonly number[], batchTokens: number): IndexBatch[] {
  const order = lengths.map((_, index) => index).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  const batches: number[][] = [];
  let longest = 0;
  for (const index of order) {
    const current = batches.at(-1);
    if (current !== undefined && (current.length + 1) * longest <= batchTokens) current.push(index);
    else {
      batches.push([index]);
      longest = lengths[index] ?? 0;
    }
  }
  return batches;
}
