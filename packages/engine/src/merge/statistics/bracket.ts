/** Where a λ lies among ascending measurements. */
export interface Bracket {
  /** Index of the measurement at or below λ; the nearest one outside of the range */
  readonly lower: number;
  /** The next measurement and how far λ lies on the way there, above 0 and below 1; null at a measurement and outside */
  readonly upper: { readonly at: number; readonly share: number } | null;
}

/** @param measured ascending, at least one */
export function bracketOf(measured: readonly number[], lambda: number): Bracket {
  const last = measured.length - 1;
  const above = measured.findIndex((each) => each > lambda);
  if (above === 0) return { lower: 0, upper: null };
  if (above < 0) return { lower: last, upper: null };
  const [low = 0, high = 1] = [measured[above - 1], measured[above]];
  if (low === lambda) return { lower: above - 1, upper: null };
  return { lower: above - 1, upper: { at: above, share: (lambda - low) / (high - low) } };
}
