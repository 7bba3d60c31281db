import { type Cholesky, cholesky, solveLower, solveUpper } from "../linalg/index.ts";
import type { Acquisition } from "./acquisition.ts";
import type { GaussianProcess } from "./gaussian-process.ts";
import { quantile } from "./normal.ts";
import { sobolDimensions, sobolPoints } from "./sobol.ts";

/** Temperatures of the smooth maximum with zero: how far below zero an improvement still counts for something. Source: Ament et al. 2023. */
const TEMPERATURE = 1e-2;
/** Most points whose values are drawn jointly: the best ones by the surrogate's upper bound, and those that run. */
const MOST_RIVALS = 60;

/**
 * ln of a smooth max(z, 0) with a tail that falls like 1/z², so that no point is without gradient: softplus above, Cauchy-like below.
 */
function logFatPositive(z: number): { readonly value: number; readonly slope: number } {
  const t = z / TEMPERATURE;
  const soft = t > 30 ? t : Math.log1p(Math.exp(t));
  const fat = 0.1 / (1 + (t - 2) ** 2);
  const h = soft + (t < 2 ? fat : 0.1);
  const bySoft = 1 / (1 + Math.exp(-t));
  const byFat = t < 2 ? (-0.2 * (t - 2)) / (1 + (t - 2) ** 2) ** 2 : 0;
  return { value: Math.log(TEMPERATURE * h), slope: (bySoft + byFat) / h / TEMPERATURE };
}

interface Rivals {
  readonly points: readonly Float64Array[];
  readonly factor: Cholesky;
  /** Row r: K⁻¹ k(X, rivalᵣ). */
  readonly weights: readonly Float64Array[];
  /** The surrogate's prior over the rivals alone, for slopes of covariances with them. */
  readonly kernel: GaussianProcess;
  /** Best value among the rivals, a sample. */
  readonly best: Float64Array;
  /** Standard normal draws behind each sample: of the rivals, and of the candidate. */
  readonly draws: readonly Float64Array[];
  readonly own: Float64Array;
}

/**
 * Improvement over points whose values are uncertain – measured with noise, or still running – averaged over N joint samples of the surrogate:
 *   ln (1/N) Σₛ smooth max(fₛ(x) − maxᵦ fₛ(x_b), 0).
 * Points that run are rivals like any other, so asking again while trials run gives a batch. Draws are a scrambled Sobol sequence, so the
 * function is smooth and repeatable. Sources: Letham et al. 2019; Balandat et al. 2020; Ament et al. 2023.
 */
export function sampledImprovement(
  model: GaussianProcess,
  pending: readonly Float64Array[],
  samples: number,
  seed: number,
): Acquisition {
  const rivals = drawRivals(model, choose(model, pending), samples, seed);
  return (x, gradient) => {
    const { mean, variance, meanSlope, varianceSlope } = model.predictWithSlope(x);
    const across = model.covarianceWith(x);
    const shared = Float64Array.from(
      rivals.points,
      (point, r) => model.prior(x, point) - dot(across, rivals.weights[r] as Float64Array),
    );
    const a = solveLower(rivals.factor, shared);
    const rest = variance - dot(a, a);
    const isFree = rest > 1e-10;
    const deviation = Math.sqrt(Math.max(rest, 1e-10));
    const logs = new Float64Array(samples);
    const slopes = new Float64Array(samples);
    rivals.draws.forEach((z, s) => {
      const value = mean + dot(a, z) + deviation * (rivals.own[s] as number);
      const { value: log, slope } = logFatPositive(value - (rivals.best[s] as number));
      logs[s] = log;
      slopes[s] = slope;
    });
    const top = logs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const total = logs.reduce((sum, value) => sum + Math.exp(value - top), 0);
    // Chain rule through f = μ + aᵀz + t z′ with a = L⁻¹c, t² = σ² − aᵀa.
    let [byMean, byDeviation] = [0, 0];
    const byA = new Float64Array(a.length);
    rivals.draws.forEach((z, s) => {
      const weight = (Math.exp((logs[s] as number) - top) / total) * (slopes[s] as number);
      byMean += weight;
      byDeviation += isFree ? weight * (rivals.own[s] as number) : 0;
      for (let r = 0; r < byA.length; r += 1) byA[r] = (byA[r] as number) + weight * (z[r] as number);
    });
    for (let r = 0; r < byA.length; r += 1) byA[r] = (byA[r] as number) - (byDeviation * (a[r] as number)) / deviation;
    const byShared = solveUpper(rivals.factor, byA);
    const byAcross = new Float64Array(across.length);
    byShared.forEach((weight, r) => {
      (rivals.weights[r] as Float64Array).forEach((value, i) => {
        byAcross[i] = (byAcross[i] as number) - weight * value;
      });
    });
    const slope = model.pullBack(x, byAcross);
    const direct = rivals.kernel.pullBack(x, byShared);
    for (let k = 0; k < x.length; k += 1) {
      gradient[k] =
        byMean * (meanSlope[k] as number) +
        (byDeviation * (varianceSlope[k] as number)) / (2 * deviation) +
        (slope[k] as number) +
        (direct[k] as number);
    }
    return top + Math.log(total / samples);
  };
}

/** Points that could be the best one: with the highest upper bounds, and all that run. */
function choose(model: GaussianProcess, pending: readonly Float64Array[]): readonly Float64Array[] {
  const bounds = model.observations.points.map((point) => {
    const { mean, variance } = model.predict(point);
    return { point, high: mean + 3 * Math.sqrt(variance), low: mean - 3 * Math.sqrt(variance) };
  });
  const floor = Math.max(...bounds.map(({ low }) => low));
  const room = Math.max(1, Math.min(MOST_RIVALS, sobolDimensions - 1) - pending.length);
  const able = bounds.filter(({ high }) => high >= floor).sort((a, b) => b.high - a.high);
  return [...able.slice(0, room).map(({ point }) => point), ...pending];
}

function drawRivals(model: GaussianProcess, points: readonly Float64Array[], samples: number, seed: number): Rivals {
  const size = points.length;
  const crosses = points.map((point) => model.covarianceWith(point));
  const weights = crosses.map((cross) => model.solve(cross));
  const joint = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      joint[i * size + j] =
        model.prior(points[i] as Float64Array, points[j] as Float64Array) -
        dot(crosses[i] as Float64Array, weights[j] as Float64Array);
    }
    joint[i * size + i] = (joint[i * size + i] as number) + 1e-8;
  }
  const factor = cholesky(joint, size);
  if (factor === null) throw new Error("The joint covariance of the trials cannot be factored.");
  const means = points.map((point) => model.predict(point).mean);
  const rows = sobolPoints(size + 1, samples, seed).map((row) =>
    row.map((u) => quantile(Math.min(1 - 1e-12, Math.max(1e-12, u)))),
  );
  const draws = rows.map((row) => row.slice(0, size));
  const best = Float64Array.from(draws, (z) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < size; i += 1) {
      let value = means[i] as number;
      for (let k = 0; k <= i; k += 1) value += (factor.data[i * size + k] as number) * (z[k] as number);
      most = Math.max(most, value);
    }
    return most;
  });
  const kernel = model.given({ points, values: new Float64Array(size), variances: null });
  return { points, factor, weights, kernel, best, draws, own: Float64Array.from(rows, (row) => row[size] as number) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
