import type { Acquisition } from "./acquisition.ts";
import type { GaussianProcess } from "./gaussian-process.ts";
import { randomOf } from "./random.ts";

const FEATURES = 256;

/** A draw from the posterior: its value, and its gradient where an array is given for it. */
export type Draw = (x: Float64Array, gradient?: Float64Array) => number;

/**
 * One function drawn from the posterior, to be evaluated anywhere: a draw from the prior by random Fourier features of the Matérn-5/2 spectrum
 * (a multivariate t with 5 degrees of freedom), corrected at the observations (Matheron's rule):
 *   f(x) = g(x) + k(x, X) K⁻¹ (y − m − g(X) − ε) + m.
 * Sources: Rahimi & Recht 2007; Wilson et al. 2020.
 */
export function posteriorDraw(model: GaussianProcess, seed: number): Draw {
  const random = randomOf(seed, 0x7468);
  const { points, values, variances } = model.observations;
  const scales = model.lengthScales;
  const size = scales.length;
  const frequencies = Array.from({ length: FEATURES }, () => {
    let chi = 0;
    for (let i = 0; i < 5; i += 1) chi += random.normal() ** 2;
    const stretch = Math.sqrt(5 / chi);
    return scales.map((scale) => (random.normal() * stretch) / scale);
  });
  const phases = Float64Array.from({ length: FEATURES }, () => 2 * Math.PI * random.uniform());
  const weights = Float64Array.from({ length: FEATURES }, () => random.normal() * Math.sqrt((2 * model.outputScale) / FEATURES));
  const prior = (at: Float64Array, slope?: Float64Array): number => {
    let sum = 0;
    for (let f = 0; f < FEATURES; f += 1) {
      const frequency = frequencies[f] as Float64Array;
      let angle = phases[f] as number;
      for (let k = 0; k < size; k += 1) angle += (frequency[k] as number) * (at[k] as number);
      sum += (weights[f] as number) * Math.cos(angle);
      if (slope === undefined) continue;
      const pull = -(weights[f] as number) * Math.sin(angle);
      for (let k = 0; k < size; k += 1) slope[k] = (slope[k] as number) + pull * (frequency[k] as number);
    }
    return sum;
  };
  const residuals = Float64Array.from(points, (point, i) => {
    const noise = Math.sqrt(model.noise + (variances?.[i] ?? 0)) * random.normal();
    return (values[i] as number) - model.mean - prior(model.bend(point)) - noise;
  });
  const correction = model.solve(residuals);
  return (x, gradient) => {
    const cross = model.covarianceWith(x);
    gradient?.fill(0);
    let sum = model.mean + prior(model.bend(x), gradient);
    if (gradient !== undefined) {
      const [bends, corrected] = [model.bendSlope(x), model.pullBack(x, correction)];
      for (let k = 0; k < size; k += 1) gradient[k] = (gradient[k] as number) * (bends[k] as number) + (corrected[k] as number);
    }
    for (let i = 0; i < cross.length; i += 1) sum += (cross[i] as number) * (correction[i] as number);
    return sum;
  };
}

/**
 * Thompson sampling: the point to try is the maximum of one draw from the posterior. Draws of other trials differ by their seed, so points that are asked
 * for while others run spread by themselves. Source: Thompson 1933.
 */
export const thompsonSampling = (model: GaussianProcess, seed: number): Acquisition => {
  const draw = posteriorDraw(model, seed);
  return (x, gradient) => draw(x, gradient);
};
