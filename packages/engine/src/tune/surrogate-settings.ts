import { flat, gamma, type HyperPrior, logNormal } from "./hyper-prior.ts";

/**
 * What is known of the noise in the values: none but rounding (the same examples score every trial), a variance to be inferred, or
 * a variance given with every value.
 */
export type NoiseMode = "deterministic" | "inferred" | "fixed";

export interface SurrogateSettings {
  /** `dimScaled`: length scales grow with √d (Hvarfner et al. 2024); `classic`: Gamma priors; `none`: maximum likelihood. */
  readonly priors: "dimScaled" | "classic" | "none";
  /** One length scale for all coordinates. */
  readonly isotropic: boolean;
  readonly noise: NoiseMode;
  /** Bends every coordinate by a learned Kumaraswamy function; used from 5 points a coordinate on. */
  readonly warp: boolean;
}

export const defaultSurrogate: SurrogateSettings = { priors: "dimScaled", isotropic: false, noise: "inferred", warp: false };

/** Added to every variance in deterministic mode, in units of the values' variance. */
export const NOISE_FLOOR = 1e-6;

export interface Bounded {
  readonly prior: HyperPrior;
  /** Bounds of the logarithm. */
  readonly low: number;
  readonly high: number;
}

/** Every hyper-parameter of a surrogate over d coordinates. Output scale and noise are absent where they are not learned. */
export interface HyperParameters {
  readonly lengthScale: Bounded;
  readonly outputScale: Bounded | null;
  readonly noise: Bounded | null;
  readonly bend: Bounded | null;
}

export function hyperParameters({ priors, noise, warp }: SurrogateSettings, dimensions: number): HyperParameters {
  const bounded = (prior: HyperPrior, low: number, high: number): Bounded => ({
    prior,
    low: Math.log(low),
    high: Math.log(high),
  });
  const scales = {
    dimScaled: bounded(logNormal(Math.SQRT2 + 0.5 * Math.log(dimensions), Math.sqrt(3)), 0.025, 1e3),
    classic: bounded(gamma(3, 6, Math.log(1 / 3)), 0.01, 1e2),
    none: bounded(flat(0), 1e-2, 1e2),
  };
  const noises = {
    dimScaled: bounded(logNormal(-4, 1), 1e-4, 1),
    classic: bounded(gamma(1.1, 0.05, Math.log(1e-2)), 1e-4, 1),
    none: bounded(flat(Math.log(1e-3)), 1e-6, 1),
  };
  return {
    lengthScale: scales[priors],
    outputScale: priors === "classic" ? bounded(gamma(2, 0.15, 0), 0.05, 100) : null,
    noise: noise === "inferred" ? noises[priors] : null,
    bend: warp ? bounded(logNormal(0, Math.sqrt(0.75)), 0.1, 10) : null,
  };
}
