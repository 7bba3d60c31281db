/** Σ sᵢ² of the values from `begin` on, smallest first: large values do not swallow small ones. */
export function energyFrom(s: ArrayLike<number>, begin: number): number {
  let sum = 0;
  for (let i = s.length - 1; i >= begin; i -= 1) {
    const x = s[i] as number;
    sum += x * x;
  }
  return sum;
}

/**
 * The smallest rank whose leading singular values hold a share of the energy: Σ_{i<rank} sᵢ² ≥ share · Σ sᵢ².
 * @param s descending
 * @param share from 0 (gives 0) to 1 (gives the number of values that are not zero)
 * @throws RangeError for another share
 */
export function rankForEnergy(s: ArrayLike<number>, share: number): number {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`A share of the energy lies between 0 and 1, not at ${share}.`);
  const largest = s[0] ?? 0;
  if (largest === 0) return 0;
  // Relative to the largest value, so that squares cannot all vanish or overflow.
  const relative = Array.from(s, (x) => x / largest);
  const allowed = (1 - share) * energyFrom(relative, 0);
  let rank = relative.length;
  let left = 0;
  while (rank > 0) {
    const x = relative[rank - 1] as number;
    left += x * x;
    if (left > allowed || (share === 1 && x > 0)) break;
    rank -= 1;
  }
  return rank;
}

/** How many singular values stand clear of rounding: above largest · 2^-52 · max(rows, columns). @param s descending */
export function numericalRank(s: Float64Array, rows: number, columns: number): number {
  const least = (s[0] ?? 0) * 2 ** -52 * Math.max(rows, columns);
  const end = s.findIndex((x) => !(x > least));
  return end === -1 ? s.length : end;
}
