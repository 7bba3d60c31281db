import type { GaussianProcess } from "./gaussian-process.ts";
import { logImprovement } from "./log-ei.ts";
import { sampledImprovement } from "./sampled-improvement.ts";
import { thompsonSampling } from "./thompson.ts";

/** What a point promises, to be maximised over [0, 1]^d; the gradient is written into the array it is given. */
export type Acquisition = (x: Float64Array, gradient: Float64Array) => number;

export type AcquisitionChoice =
  /** Logarithm of the expected improvement over the incumbent by more than `margin` (in units of the values). */
  | { readonly kind: "logEi"; readonly margin: number }
  /** μ + κσ. */
  | { readonly kind: "ucb"; readonly kappa: number }
  /** One draw from the posterior. */
  | { readonly kind: "thompson" }
  /** Logarithm of the improvement over a noisy incumbent, averaged over joint samples. */
  | { readonly kind: "qLogNei"; readonly samples: number };

/**
 * ln E[max(f(x) − best − margin, 0)] = ln σ + ln h(u), u = (μ − best − margin)/σ. Source: Ament et al. 2023.
 */
export function logExpectedImprovement(model: GaussianProcess, best: number, margin: number): Acquisition {
  return (x, gradient) => {
    const { mean, variance, meanSlope, varianceSlope } = model.predictWithSlope(x);
    const deviation = Math.sqrt(variance);
    const u = (mean - best - margin) / deviation;
    const { value, slope } = logImprovement(u);
    for (let k = 0; k < x.length; k += 1) {
      const byDeviation = (varianceSlope[k] as number) / (2 * deviation);
      gradient[k] = byDeviation / deviation + (slope * ((meanSlope[k] as number) - u * byDeviation)) / deviation;
    }
    return Math.log(deviation) + value;
  };
}

/** μ + κσ; the library bayes_opt writes it so (κ = 2.576), BoTorch as μ + √β σ. */
export function upperConfidenceBound(model: GaussianProcess, kappa: number): Acquisition {
  return (x, gradient) => {
    const { mean, variance, meanSlope, varianceSlope } = model.predictWithSlope(x);
    const deviation = Math.sqrt(variance);
    for (let k = 0; k < x.length; k += 1) {
      gradient[k] = (meanSlope[k] as number) + (kappa * (varianceSlope[k] as number)) / (2 * deviation);
    }
    return mean + kappa * deviation;
  };
}

export interface AcquisitionContext {
  /** The surrogate of finished trials. */
  readonly model: GaussianProcess;
  /** Best value, by the surrogate's mean where values are noisy. */
  readonly best: number;
  /** Trials that run: their values are not known yet. */
  readonly pending: readonly Float64Array[];
  readonly seed: number;
}

export function acquisitionOf(choice: AcquisitionChoice, { model, best, pending, seed }: AcquisitionContext): Acquisition {
  switch (choice.kind) {
    case "logEi":
      return logExpectedImprovement(model, best, choice.margin);
    case "ucb":
      return upperConfidenceBound(model, choice.kappa);
    case "thompson":
      return thompsonSampling(model, seed);
    case "qLogNei":
      return sampledImprovement(model, pending, choice.samples, seed);
  }
}
