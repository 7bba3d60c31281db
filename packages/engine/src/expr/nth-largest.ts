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

/** Kept between calls: they are large, and asked for often. */
const scratch: { readonly uppers: Uint32Array; readonly lowers: Uint32Array[] } = { uppers: new Uint32Array(bins), lowers: [] };

/** The n-th largest (from 1) of all keys, `counted` ones included; n is at most their number. */
export function nthLargest(chunks: readonly Int32Array[], n: number, counted: readonly CountedKey[] = []): Nth {
  const [nth] = largestAt(chunks, [n], counted);
  if (nth === undefined) throw new Error("One rank was asked for.");
  return nth;
}

/**
 * The n-th largest for each of some n. Two passes over the keys with histograms of their halves, no sorting: linear time.
 */
export function largestAt(chunks: readonly Int32Array[], ns: readonly number[], counted: readonly CountedKey[] = []): Nth[] {
  const { uppers } = scratch;
  uppers.fill(0);
  for (const { key, count } of counted) uppers[upperHalf(key)] = (uppers[upperHalf(key)] ?? 0) + count;
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i += 1) {
      const bin = upperHalf(chunk[i] ?? 0);
      uppers[bin] = (uppers[bin] ?? 0) + 1;
    }
  const found = ns.map((n) => binOf(uppers, n));
  const wanted = [...new Set(found.map(({ bin }) => bin))];
  const lowers = lowersOf(chunks, wanted, counted);
  return found.map(({ bin, above }, i) => {
    const counts = lowers[wanted.indexOf(bin)] ?? uppers;
    const lower = binOf(counts, (ns[i] ?? 0) - above);
    return { key: keyFromHalves(bin, lower.bin), above: above + lower.above, equal: counts[lower.bin] ?? 0 };
  });
}

/** Histograms of the lower halves of the keys with given upper halves. */
function lowersOf(chunks: readonly Int32Array[], wanted: readonly number[], counted: readonly CountedKey[]): Uint32Array[] {
  const histograms = wanted.map((_, w) => {
    const histogram = scratch.lowers[w] ?? new Uint32Array(bins);
    scratch.lowers[w] = histogram;
    return histogram.fill(0);
  });
  const add = (key: number, count: number): void => {
    const histogram = histograms[wanted.indexOf(upperHalf(key))];
    if (histogram !== undefined) histogram[lowerHalf(key)] = (histogram[lowerHalf(key)] ?? 0) + count;
  };
  for (const { key, count } of counted) add(key, count);
  const [least, most] = [Math.min(...wanted), Math.max(...wanted)];
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i += 1) {
      const key = chunk[i] ?? 0;
      const upper = upperHalf(key);
      if (upper >= least && upper <= most) add(key, 1);
    }
  return histograms;
}
