export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Estimate extends Interval {
  readonly value: number;
}

/** Quantile of the standard normal distribution that leaves 2.5 % above it. */
export const z95 = 1.959963984540054;

/**
 * 95 % Wilson score interval of a proportion: (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n).
 * Never leaves [0, 1] and is right for few examples and for p near 0 or 1. n = 0 tells nothing: [0, 1].
 * Source: Wilson 1927; Brown, Cai & DasGupta 2001.
 */
export function wilson(correct: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const p = correct / n;
  const square = z95 ** 2 / n;
  const centre = p + square / 2;
  const half = z95 * Math.sqrt((p * (1 - p)) / n + square / (4 * n));
  // At the ends the exact answer is the end itself; rounding must not cut it off.
  return {
    low: correct === 0 ? 0 : (centre - half) / (1 + square),
    high: correct === n ? 1 : (centre + half) / (1 + square),
  };
}

/**
 * Unweighted mean of estimates from separate examples, with a 95 % interval from their own limits:
 *   low = m − √Σ((xᵢ − lᵢ)/k)²    high = m + √Σ((uᵢ − xᵢ)/k)²
 * For one estimate it is its own interval. Source: Zou & Donner 2008 (MOVER). Throws without an estimate.
 */
export function meanOfEstimates(estimates: readonly Estimate[]): Estimate {
  const k = estimates.length;
  if (k === 0) throw new RangeError("A mean over tasks needs at least one task.");
  let value = 0;
  let below = 0;
  let above = 0;
  for (const each of estimates) {
    value += each.value / k;
    below += ((each.value - each.low) / k) ** 2;
    above += ((each.high - each.value) / k) ** 2;
  }
  return { value, low: value - Math.sqrt(below), high: value + Math.sqrt(above) };
}

/** Unweighted mean of the accuracies of several tasks, with a 95 % interval from their Wilson limits. Throws without a task. */
export function macroInterval(scores: readonly { readonly value: number; readonly n: number }[]): Estimate {
  const { value, low, high } = meanOfEstimates(scores.map(({ value, n }) => ({ value, ...wilson(value * n, n) })));
  return { value, low: Math.max(0, low), high: Math.min(1, high) };
}
