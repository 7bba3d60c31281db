import { solve, solveLower } from "../linalg/index.ts";
import { minimise } from "./lbfgs.ts";
import {
  bendOf,
  type Covariance,
  covariance,
  type Layout,
  layoutOf,
  negativeLogPosterior,
  type Observations,
} from "./log-posterior.ts";
import { matern52, maternSlope } from "./matern.ts";
import { randomOf } from "./random.ts";
import { hyperParameters, type SurrogateSettings } from "./surrogate-settings.ts";

export interface Prediction {
  readonly mean: number;
  /** Of the function itself, without noise. */
  readonly variance: number;
}

export interface PredictionWithSlope extends Prediction {
  readonly meanSlope: Float64Array;
  readonly varianceSlope: Float64Array;
}

/** Warping is left out below this many points a coordinate: there is nothing to learn it from. */
const POINTS_FOR_WARP = 5;

/** Work of one evaluation of the posterior grows with n³; so that a suggestion stays a matter of seconds, more points get fewer of them. */
function effort(points: number): { readonly starts: number; readonly iterations: number } {
  if (points <= 60) return { starts: 6, iterations: 60 };
  if (points <= 150) return { starts: 3, iterations: 30 };
  return { starts: 1, iterations: 12 };
}

/**
 * A Gaussian process with constant mean and Matérn-5/2 covariance with one length scale a coordinate, over [0, 1]^d:
 *   k(x, x′) = s (1 + √5 r + 5r²/3) e^{−√5 r},   r² = Σ (xₖ − x′ₖ)²/ℓₖ².
 * Values are expected standardised. Sources: Rasmussen & Williams 2006; Snoek et al. 2012.
 */
export class GaussianProcess {
  readonly observations: Observations;
  readonly #theta: Float64Array;
  readonly #layout: Layout;
  readonly #state: Covariance;

  private constructor(observations: Observations, theta: Float64Array, layout: Layout, state: Covariance) {
    this.observations = observations;
    this.#theta = theta;
    this.#layout = layout;
    this.#state = state;
  }

  /** Hyper-parameters at the maximum of their posterior, from the mode of the prior and a few draws from it (keyed by the seed). */
  static fit(observations: Observations, settings: SurrogateSettings, seed: number): GaussianProcess {
    const { points } = observations;
    const dimensions = points[0]?.length ?? 0;
    if (dimensions === 0) throw new RangeError("A surrogate needs at least one point of at least one coordinate.");
    const warp = settings.warp && points.length >= POINTS_FOR_WARP * dimensions;
    const layout = layoutOf(hyperParameters({ ...settings, warp }, dimensions), dimensions, settings.isotropic);
    const box = {
      low: Float64Array.from(layout.entries, ({ low }) => low),
      high: Float64Array.from(layout.entries, ({ high }) => high),
    };
    const objective = (theta: Float64Array, gradient: Float64Array) =>
      negativeLogPosterior(theta, layout, observations, gradient);
    const { starts, iterations } = effort(points.length);
    let best: { x: Float64Array; value: number } | null = null;
    for (let start = 0; start < starts; start += 1) {
      const found = minimise(objective, startOf(layout, seed, start), box, { iterations });
      if (best === null || found.value < best.value) best = found;
    }
    const theta = best?.x ?? startOf(layout, seed, 0);
    const state = covariance(theta, layout, observations);
    if (state === null) throw new Error("The covariance of the trials cannot be factored.");
    return new GaussianProcess(observations, theta, layout, state);
  }

  /** The same hyper-parameters with other observations: what a pending trial, or an imagined one, would change. */
  given(observations: Observations): GaussianProcess {
    const state = covariance(this.#theta, this.#layout, observations);
    if (state === null) throw new Error("The covariance of the trials cannot be factored.");
    return new GaussianProcess(observations, this.#theta, this.#layout, state);
  }

  /** ℓₖ of every coordinate. */
  get lengthScales(): Float64Array {
    return this.#state.inverseSquares.map((value) => 1 / Math.sqrt(value));
  }

  get outputScale(): number {
    return this.#state.outputScale;
  }

  /** Variance of the noise. */
  get noise(): number {
    return this.#state.noise;
  }

  /** The constant that the values vary around. */
  get mean(): number {
    return this.#state.mean;
  }

  predict(x: Float64Array): Prediction {
    const { factor, alpha, mean, outputScale } = this.#state;
    const k = this.covarianceWith(x);
    const v = solveLower(factor, k);
    let [at, explained] = [mean, 0];
    for (let i = 0; i < k.length; i += 1) {
      at += (k[i] as number) * (alpha[i] as number);
      explained += (v[i] as number) ** 2;
    }
    return { mean: at, variance: Math.max(outputScale - explained, 1e-12) };
  }

  predictWithSlope(x: Float64Array): PredictionWithSlope {
    const prediction = this.predict(x);
    const { factor, alpha } = this.#state;
    const byVariance = solve(factor, this.covarianceWith(x)).map((value) => -2 * value);
    return { ...prediction, meanSlope: this.pullBack(x, alpha), varianceSlope: this.pullBack(x, byVariance) };
  }

  /** k(x, Xᵢ) for every observed point. */
  covarianceWith(x: Float64Array): Float64Array {
    const at = this.bend(x);
    const { points } = this.observations;
    return Float64Array.from(points, (_, i) => this.#state.outputScale * matern52(this.#distance(at, i)));
  }

  /** K⁻¹ v over the observed points. */
  solve(values: Float64Array): Float64Array {
    return solve(this.#state.factor, values);
  }

  solveLower(values: Float64Array): Float64Array {
    return solveLower(this.#state.factor, values);
  }

  /** Σᵢ wᵢ ∂k(x, Xᵢ)/∂x. */
  pullBack(x: Float64Array, weights: Float64Array): Float64Array {
    const { bent, inverseSquares, outputScale } = this.#state;
    const d = x.length;
    const at = this.bend(x);
    const slope = new Float64Array(d);
    weights.forEach((weight, i) => {
      const pull = -weight * outputScale * maternSlope(this.#distance(at, i));
      for (let k = 0; k < d; k += 1) {
        slope[k] =
          (slope[k] as number) + pull * ((at[k] as number) - (bent[i * d + k] as number)) * (inverseSquares[k] as number);
      }
    });
    const bends = this.bendSlope(x);
    return slope.map((value, k) => value * (bends[k] as number));
  }

  /** Prior covariance of two points. */
  prior(a: Float64Array, b: Float64Array): number {
    const { inverseSquares, outputScale } = this.#state;
    const [u, v] = [this.bend(a), this.bend(b)];
    let squared = 0;
    for (let k = 0; k < u.length; k += 1) squared += ((u[k] as number) - (v[k] as number)) ** 2 * (inverseSquares[k] as number);
    return outputScale * matern52(squared);
  }

  /** Coordinates as the covariance sees them. */
  bend(x: Float64Array): Float64Array {
    return x.map((value, k) => bendOf(this.#theta, this.#layout, k, value)?.value ?? value);
  }

  /** Derivative of every coordinate as the covariance sees it by the coordinate itself. */
  bendSlope(x: Float64Array): Float64Array {
    return x.map((value, k) => bendOf(this.#theta, this.#layout, k, value)?.byX ?? 1);
  }

  #distance(at: Float64Array, i: number): number {
    const { bent, inverseSquares } = this.#state;
    const d = at.length;
    let squared = 0;
    for (let k = 0; k < d; k += 1) {
      const difference = (at[k] as number) - (bent[i * d + k] as number);
      squared += difference * difference * (inverseSquares[k] as number);
    }
    return squared;
  }
}

/** Start 0: where the priors say; then draws around it. */
function startOf({ entries }: Layout, seed: number, start: number): Float64Array {
  const random = randomOf(seed, start);
  return Float64Array.from(entries, ({ prior, low, high }) => {
    const drawn = start === 0 ? prior.start : prior.start + random.normal() * prior.spread;
    return Math.min(high, Math.max(low, drawn));
  });
}
