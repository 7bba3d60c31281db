import { matrix, symmetricEigen } from "../linalg/index.ts";
import { randomOf } from "./random.ts";

/** Everything that CMA-ES remembers between generations. */
interface State {
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly covariance: Float64Array;
  readonly pathSigma: Float64Array;
  readonly pathC: Float64Array;
  readonly generation: number;
}

export interface CmaOptions {
  readonly dimensions: number;
  readonly seed: number;
  /** Default: the middle of the box. */
  readonly start?: Float64Array;
  /** Default 1/6 of the box, as mergekit-evolve and Optuna have it. */
  readonly sigma?: number;
  /** Default 4 + ⌊3 ln d⌋. */
  readonly population?: number;
}

export const defaultPopulation = (dimensions: number): number => 4 + Math.floor(3 * Math.log(dimensions));

/**
 * Covariance matrix adaptation in [0, 1]^d, maximising: the point for trial number `values.length`, found by replaying the history, so that nothing but the
 * history need be kept. Values of a finished generation rank its points; points outside the box are folded back into it. A value that is not finite ranks last.
 * Source: Hansen 2016, The CMA evolution strategy: a tutorial (weights of the best half only).
 */
export function suggestCma(values: ArrayLike<number>, index: number, options: CmaOptions): Float64Array {
  const { dimensions: d, seed, start, sigma = 1 / 6, population = defaultPopulation(d) } = options;
  let state: State = {
    mean: start ?? new Float64Array(d).fill(0.5),
    sigma,
    covariance: Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0)),
    pathSigma: new Float64Array(d),
    pathC: new Float64Array(d),
    generation: 0,
  };
  const target = Math.floor(index / population);
  while (state.generation < target) {
    const frame = axesOf(state.covariance, d);
    const steps = Array.from({ length: population }, (_, j) => drawStep(state, frame, { seed, j }));
    const first = state.generation * population;
    const scored = steps.map((step, j) => ({ step, value: rankable(values[first + j]) })).sort((a, b) => b.value - a.value);
    state = advance(
      state,
      frame,
      scored.map(({ step }) => step),
    );
  }
  const step = drawStep(state, axesOf(state.covariance, d), { seed, j: index % population });
  return state.mean.map((at, k) => fold(at + state.sigma * (step[k] as number)));
}

const rankable = (value: number | undefined): number =>
  value !== undefined && Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY;

/** Mirrors a coordinate at 0 and 1 until it lies between them. */
function fold(x: number): number {
  const at = Math.abs(x) % 2;
  return at > 1 ? 2 - at : at;
}

/** Principal axes of the covariance, as columns, and their standard deviations. */
interface Frame {
  readonly axes: Float64Array;
  readonly deviations: Float64Array;
}

function axesOf(covariance: Float64Array, d: number): Frame {
  const { vectors, values } = symmetricEigen(matrix(d, d, covariance));
  return { axes: vectors.data, deviations: values.map((value) => Math.sqrt(Math.max(value, 1e-20))) };
}

/** A draw from N(0, C): axes · (deviations ⊙ z). */
function drawStep({ generation }: State, { axes, deviations }: Frame, { seed, j }: { seed: number; j: number }): Float64Array {
  const random = randomOf(seed, generation, j);
  const scaled = deviations.map((deviation) => deviation * random.normal());
  return deviations.map((_, row) =>
    scaled.reduce((sum, value, column) => sum + (axes[row * scaled.length + column] as number) * value, 0),
  );
}

function advance(state: State, { axes, deviations }: Frame, ranked: readonly Float64Array[]): State {
  const d = state.mean.length;
  const half = Math.floor(ranked.length / 2);
  const raw = Array.from({ length: half }, (_, j) => Math.log((ranked.length + 1) / 2) - Math.log(j + 1));
  const total = raw.reduce((a, b) => a + b);
  const weights = raw.map((weight) => weight / total);
  const mueff = 1 / weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const cSigma = (mueff + 2) / (d + mueff + 5);
  const damping = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (d + 1)) - 1) + cSigma;
  const cC = (4 + mueff / d) / (d + 4 + (2 * mueff) / d);
  const c1 = 2 / ((d + 1.3) ** 2 + mueff);
  const cMu = Math.min(1 - c1, (2 * (mueff - 2 + 1 / mueff)) / ((d + 2) ** 2 + mueff));
  const norm = Math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));

  const step = new Float64Array(d);
  weights.forEach((weight, j) => {
    for (let k = 0; k < d; k += 1) step[k] = (step[k] as number) + weight * ((ranked[j] as Float64Array)[k] as number);
  });
  // C^{−1/2} · step, by the axes.
  const inAxes = deviations.map(
    (deviation, column) => step.reduce((sum, value, row) => sum + (axes[row * d + column] as number) * value, 0) / deviation,
  );
  const whitened = step.map((_, row) =>
    inAxes.reduce((sum, value, column) => sum + (axes[row * d + column] as number) * value, 0),
  );
  const pathSigma = state.pathSigma.map(
    (value, k) => (1 - cSigma) * value + Math.sqrt(cSigma * (2 - cSigma) * mueff) * (whitened[k] as number),
  );
  const length = Math.hypot(...pathSigma);
  const isSteady = length / Math.sqrt(1 - (1 - cSigma) ** (2 * (state.generation + 1))) < (1.4 + 2 / (d + 1)) * norm;
  const pathC = state.pathC.map(
    (value, k) => (1 - cC) * value + (isSteady ? Math.sqrt(cC * (2 - cC) * mueff) * (step[k] as number) : 0),
  );
  const keep = 1 - c1 - cMu + (isSteady ? 0 : c1 * cC * (2 - cC));
  const covariance = state.covariance.map((value, at) => {
    const [row, column] = [Math.floor(at / d), at % d];
    let rankMu = 0;
    weights.forEach((weight, j) => {
      const y = ranked[j] as Float64Array;
      rankMu += weight * (y[row] as number) * (y[column] as number);
    });
    return keep * value + c1 * (pathC[row] as number) * (pathC[column] as number) + cMu * rankMu;
  });
  return {
    mean: state.mean.map((at, k) => at + state.sigma * (step[k] as number)),
    sigma: state.sigma * Math.exp((cSigma / damping) * (length / norm - 1)),
    covariance,
    pathSigma,
    pathC,
    generation: state.generation + 1,
  };
}
