/** A prior of a positive number as a function of its logarithm t: ln p(eᵗ) (without constants), its derivative by t, and where to start. */
export interface HyperPrior {
  logDensity(t: number): number;
  slope(t: number): number;
  /** The first value of t to try. */
  readonly start: number;
  /** Deviation of further starts around it. */
  readonly spread: number;
}

export const logNormal = (mean: number, deviation: number): HyperPrior => ({
  logDensity: (t) => -t - (t - mean) ** 2 / (2 * deviation ** 2),
  slope: (t) => -1 - (t - mean) / deviation ** 2,
  start: mean - deviation ** 2,
  spread: Math.min(1.5, deviation),
});

export const gamma = (shape: number, rate: number, start: number): HyperPrior => ({
  logDensity: (t) => (shape - 1) * t - rate * Math.exp(t),
  slope: (t) => shape - 1 - rate * Math.exp(t),
  start,
  spread: 1,
});

/** No opinion: the plain likelihood is maximised. */
export const flat = (start: number): HyperPrior => ({ logDensity: () => 0, slope: () => 0, start, spread: 1.5 });
