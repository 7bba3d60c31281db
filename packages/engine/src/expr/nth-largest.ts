/** A key among many, and how many are larger and equal. */
export interface Nth {
  readonly key: number;
  readonly above: number;
  readonly equal: number;
}

const halfBits = 16;
const bins = 1 << halfBits;

/** The upper 16 bits of a key as an unsigned number that sorts as keys do; the lower 16 bits sort by themselves. */
export const upperHalf = (key: number): number => (key ^ 0x80000000) >>> halfBits;
export const lowerHalf = (key: number): number => key & (bins - 1);
export const keyFromHalves = (upper: number, lower: number): number => ((upper << halfBits) | lower) ^ 0x80000000;

/** The bin that holds the n-th largest (from 1), and how many are in the bins above it. */
export function binOf(counts: ArrayLike<number>, n: number): { readonly bin: number; readonly above: number } {
  let above = 0;
  for (let bin = counts.length - 1; bin >= 0; bin -= 1) {
    const count = counts[bin] ?? 0;
    if (above + count >= n) return { bin, above };
    above += count;
  }
  return { bin: 0, above };
}

/** A key that occurs many times. */
export interface CountedKey {
  readonly key: number;
  readonly count: number;
}

/**
 * The n-th largest (from 1) of all keys, `counted` ones included; n is at most their number. Two histograms, no sorting: linear
 * time.
 */
export function nthLargest(chunks: readonly Int32Array[], n: number, counted: readonly CountedKey[] = []): Nth {
  const uppers = new Uint32Array(bins);
  for (const { key, count } of counted) uppers[upperHalf(key)] = (uppers[upperHalf(key)] ?? 0) + count;
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i += 1) {
      const bin = upperHalf(chunk[i] ?? 0);
      uppers[bin] = (uppers[bin] ?? 0) + 1;
    }
  const upper = binOf(uppers, n);
  const lowers = new Uint32Array(bins);
  for (const { key, count } of counted)
    if (upperHalf(key) === upper.bin) lowers[lowerHalf(key)] = (lowers[lowerHalf(key)] ?? 0) + count;
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i += 1) {
      const key = chunk[i] ?? 0;
      if (upperHalf(key) === upper.bin) lowers[lowerHalf(key)] = (lowers[lowerHalf(key)] ?? 0) + 1;
    }
  const lower = binOf(lowers, n - upper.above);
  return {
    key: keyFromHalves(upper.bin, lower.bin),
    above: upper.above + lower.above,
    equal: lowers[lower.bin] ?? 0,
  };
}
