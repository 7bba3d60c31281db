/** Keeps the power functions and their logarithms finite. */
const EDGE = 1e-7;

export interface Warped {
  readonly value: number;
  readonly byX: number;
  readonly byLogA: number;
  readonly byLogB: number;
}

/**
 * Kumaraswamy's distribution function w(x) = 1 − (1 − xᵃ)ᵇ, which bends a coordinate of [0, 1], with its derivatives by x, ln a and ln b.
 * Source: Snoek et al. 2014 (input warping), with Kumaraswamy's function for the Beta's.
 */
export function kumaraswamy(x: number, a: number, b: number): Warped {
  const at = Math.min(1 - EDGE, Math.max(EDGE, x));
  const logX = Math.log(at);
  const power = Math.exp(a * logX);
  const rest = 1 - power;
  const tail = rest ** b;
  const slope = (b * tail) / rest;
  return {
    value: 1 - tail,
    byX: (slope * a * power) / at,
    byLogA: slope * power * logX * a,
    byLogB: -tail * Math.log(rest) * b,
  };
}
