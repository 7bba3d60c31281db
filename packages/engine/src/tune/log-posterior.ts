import { type Cholesky, cholesky, halfLogDeterminant, inverse, solve } from "../linalg/index.ts";
import { matern52, maternSlope } from "./matern.ts";
import { type Bounded, type HyperParameters, NOISE_FLOOR } from "./surrogate-settings.ts";
import { kumaraswamy, type Warped } from "./warp.ts";

/** What a Gaussian process is fitted to: points of [0, 1]^d, standardised values, and in `fixed` mode their variances. */
export interface Observations {
  readonly points: readonly Float64Array[];
  readonly values: Float64Array;
  readonly variances: Float64Array | null;
}

/** Where each hyper-parameter lies in the vector of logarithms that is optimised. */
export interface Layout {
  readonly dimensions: number;
  readonly scales: number;
  readonly outputScale: number | null;
  readonly noise: number | null;
  /** ln a of every coordinate, then ln b. */
  readonly bend: number | null;
  readonly entries: readonly Bounded[];
}

export function layoutOf(hyper: HyperParameters, dimensions: number, isotropic: boolean): Layout {
  const scales = isotropic ? 1 : dimensions;
  const entries = Array.from({ length: scales }, () => hyper.lengthScale);
  const place = (bounded: Bounded | null, count: number): number | null => {
    if (bounded === null) return null;
    const at = entries.length;
    for (let i = 0; i < count; i += 1) entries.push(bounded);
    return at;
  };
  const outputScale = place(hyper.outputScale, 1);
  const noise = place(hyper.noise, 1);
  return { dimensions, scales, outputScale, noise, bend: place(hyper.bend, 2 * dimensions), entries };
}

/** The covariance of the observations under one setting of the hyper-parameters, ready for prediction. */
export interface Covariance {
  readonly factor: Cholesky;
  /** n × d, bent where bending is learned. */
  readonly bent: Float64Array;
  /** 1/ℓₖ² of every coordinate. */
  readonly inverseSquares: Float64Array;
  readonly outputScale: number;
  readonly noise: number;
  /** Constant mean, with a N(0, 1) prior. */
  readonly mean: number;
  /** K⁻¹(y − mean). */
  readonly alpha: Float64Array;
}

export const bendOf = (theta: Float64Array, { bend, dimensions }: Layout, k: number, x: number): Warped | null =>
  bend === null ? null : kumaraswamy(x, Math.exp(theta[bend + k] as number), Math.exp(theta[bend + dimensions + k] as number));

export function covariance(theta: Float64Array, layout: Layout, { points, values, variances }: Observations): Covariance | null {
  const { dimensions: d, scales, outputScale: scaleAt, noise: noiseAt } = layout;
  const n = points.length;
  const inverseSquares = Float64Array.from({ length: d }, (_, k) => Math.exp(-2 * (theta[scales === 1 ? 0 : k] as number)));
  const outputScale = scaleAt === null ? 1 : Math.exp(theta[scaleAt] as number);
  const noise = noiseAt === null ? NOISE_FLOOR : Math.exp(theta[noiseAt] as number);
  const bent = new Float64Array(n * d);
  points.forEach((point, i) => {
    for (let k = 0; k < d; k += 1) bent[i * d + k] = bendOf(theta, layout, k, point[k] as number)?.value ?? (point[k] as number);
  });
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) matrix[i * n + j] = outputScale * matern52(distance(bent, i, j, inverseSquares));
    matrix[i * n + i] = outputScale + noise + (variances?.[i] ?? 0);
  }
  const factor = cholesky(matrix, n);
  if (factor === null) return null;
  const byOnes = solve(factor, new Float64Array(n).fill(1));
  const byValues = solve(factor, values);
  const mean = sum(byValues) / (sum(byOnes) + 1);
  return {
    factor,
    bent,
    inverseSquares,
    outputScale,
    noise,
    mean,
    alpha: byValues.map((value, i) => value - mean * (byOnes[i] as number)),
  };
}

function distance(bent: Float64Array, i: number, j: number, inverseSquares: Float64Array): number {
  const d = inverseSquares.length;
  let squared = 0;
  for (let k = 0; k < d; k += 1) {
    const difference = (bent[i * d + k] as number) - (bent[j * d + k] as number);
    squared += difference * difference * (inverseSquares[k] as number);
  }
  return squared;
}

/**
 * −ln p(y | θ) − ln p(θ) and its gradient by the logarithms θ, where the constant mean is at its own optimum:
 *   ½ (y − m)ᵀK⁻¹(y − m) + ½ ln det K + ½ m² − Σ ln p(θₖ);   ∂/∂θ = −½ tr((ααᵀ − K⁻¹) ∂K/∂θ) − …
 * +∞ where K cannot be factored. Source: Rasmussen & Williams 2006, 5.4.
 */
export function negativeLogPosterior(theta: Float64Array, layout: Layout, data: Observations, gradient: Float64Array): number {
  const state = covariance(theta, layout, data);
  if (state === null) return Number.POSITIVE_INFINITY;
  const { factor, mean, alpha } = state;
  const quadratic = alpha.reduce((total, a, i) => total + a * ((data.values[i] as number) - mean), 0);
  const prior = layout.entries.reduce((total, { prior: p }, at) => total + p.logDensity(theta[at] as number), 0);
  addGradient(theta, layout, data, state, gradient);
  layout.entries.forEach(({ prior: p }, at) => {
    gradient[at] = (gradient[at] as number) - p.slope(theta[at] as number);
  });
  return 0.5 * quadratic + halfLogDeterminant(factor) + 0.5 * mean * mean - prior;
}

function addGradient(theta: Float64Array, layout: Layout, data: Observations, state: Covariance, gradient: Float64Array): void {
  const { dimensions: d, scales, outputScale: scaleAt, noise: noiseAt, bend } = layout;
  const { alpha, bent, inverseSquares, outputScale, noise } = state;
  const n = data.points.length;
  const inverted = inverse(state.factor);
  gradient.fill(0);
  const byScale = new Float64Array(d);
  const byBent = new Float64Array(bend === null ? 0 : n * d);
  let [byOutput, byNoise] = [0, 0];
  for (let i = 0; i < n; i += 1) {
    const own = (alpha[i] as number) ** 2 - (inverted[i * n + i] as number);
    byNoise += own;
    byOutput += own;
    for (let j = 0; j < i; j += 1) {
      const weight = (alpha[i] as number) * (alpha[j] as number) - (inverted[i * n + j] as number);
      const squared = distance(bent, i, j, inverseSquares);
      const slope = weight * outputScale * maternSlope(squared);
      if (scaleAt !== null) byOutput += 2 * weight * matern52(squared);
      for (let k = 0; k < d; k += 1) {
        const difference = (bent[i * d + k] as number) - (bent[j * d + k] as number);
        const part = slope * difference * (inverseSquares[k] as number);
        byScale[k] = (byScale[k] as number) + part * difference;
        if (bend === null) continue;
        byBent[i * d + k] = (byBent[i * d + k] as number) - part;
        byBent[j * d + k] = (byBent[j * d + k] as number) + part;
      }
    }
  }
  byScale.forEach((value, k) => {
    const at = scales === 1 ? 0 : k;
    gradient[at] = (gradient[at] as number) - value;
  });
  if (scaleAt !== null) gradient[scaleAt] = -0.5 * byOutput * outputScale;
  if (noiseAt !== null) gradient[noiseAt] = -0.5 * byNoise * noise;
  if (bend === null) return;
  data.points.forEach((point, i) => {
    for (let k = 0; k < d; k += 1) {
      const warped = bendOf(theta, layout, k, point[k] as number);
      const weight = byBent[i * d + k] as number;
      gradient[bend + k] = (gradient[bend + k] as number) - weight * (warped?.byLogA ?? 0);
      gradient[bend + d + k] = (gradient[bend + d + k] as number) - weight * (warped?.byLogB ?? 0);
    }
  });
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
