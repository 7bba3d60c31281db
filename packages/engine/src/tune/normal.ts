const SQRT_PI = Math.sqrt(Math.PI);
const SQRT_2 = Math.SQRT2;
const LN_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/** 1 − erfcx(x)·e^{−x²} for 0 ≤ x < 1, by the series with positive terms: erf x = 2/√π e^{−x²} Σ 2ⁿ x^{2n+1} / (2n+1)!! */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-18; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * sum;
}

/**
 * Scaled complementary error function e^{x²} erfc(x); +∞ where that overflows (x < −26.6).
 * A power series below 1, Laplace's continued fraction above; relative error below 1e-14.
 */
export function erfcx(x: number): number {
  if (x < 0) return x < -26.7 ? Number.POSITIVE_INFINITY : 2 * Math.exp(x * x) - erfcx(-x);
  if (x < 1) return Math.exp(x * x) - erfSeries(x);
  if (x > 1e8) return 1 / (SQRT_PI * x);
  let tail = x;
  for (let n = Math.ceil(20 + 220 / (x * x)); n >= 1; n -= 1) tail = x + n / 2 / tail;
  return 1 / (SQRT_PI * tail);
}

/** Density of the standard normal distribution, by its logarithm. */
export const logDensity = (u: number): number => -0.5 * u * u - LN_SQRT_2PI;

export const density = (u: number): number => Math.exp(logDensity(u));

/** Φ(u), with full relative precision in both tails. */
export function cumulative(u: number): number {
  const tail = 0.5 * Math.exp(-0.5 * u * u) * erfcx(Math.abs(u) / SQRT_2);
  return u > 0 ? 1 - tail : tail;
}

/** Φ(u)/φ(u) for u ≤ 0 without underflow: √(π/2) erfcx(−u/√2). */
export const millsRatio = (u: number): number => Math.sqrt(Math.PI / 2) * erfcx(-u / SQRT_2);

/**
 * Φ⁻¹(p), 0 < p < 1: a start by Winitzki's approximation of erf, then three Newton steps in the logarithm of the tail.
 * @throws RangeError outside (0, 1)
 */
export function quantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`A probability lies between 0 and 1, not ${p}.`);
  if (p > 0.5) return p === 1 ? Number.POSITIVE_INFINITY : -quantile(1 - p);
  const rest = Math.log(4 * p * (1 - p));
  const middle = 2 / (Math.PI * 0.147) + rest / 2;
  let u = -SQRT_2 * Math.sqrt(Math.sqrt(middle * middle - rest / 0.147) - middle);
  for (let i = 0; i < 4; i += 1) {
    const ratio = millsRatio(u);
    u -= (Math.log(ratio) + logDensity(u) - Math.log(p)) * ratio;
  }
  return u;
}
