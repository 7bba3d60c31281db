import { cumulative, density, logDensity, millsRatio } from "./normal.ts";

/** ln(1 − eᵃ) for a < 0. */
const log1mexp = (a: number): number => (a > -Math.LN2 ? Math.log(-Math.expm1(a)) : Math.log1p(-Math.exp(a)));

/**
 * ln h(u) and its derivative h′/h, where h(u) = φ(u) + uΦ(u) is the expected improvement of a standard normal over −u. Stable for every u:
 *   u > −1: directly;  −10⁶ < u ≤ −1: ln φ(u) + ln(1 − |u|·Φ(u)/φ(u));  below: ln φ(u) − 2 ln|u|.
 * Source: Ament et al. 2023, Unexpected improvements to expected improvement.
 */
export function logImprovement(u: number): { readonly value: number; readonly slope: number } {
  if (u > -1) {
    const [phi, tail] = [density(u), cumulative(u)];
    const h = phi + u * tail;
    return { value: Math.log(h), slope: tail / h };
  }
  if (u > -1e6) {
    const ratio = millsRatio(u);
    // For large |u| the difference 1 − |u|·ratio is 1/u² − 3/u⁴ + …, which the subtraction would lose.
    const rest = u < -200 ? logOfSmallRest(u) : log1mexp(Math.log(-u * ratio));
    return { value: logDensity(u) + rest, slope: ratio / Math.exp(rest) };
  }
  return { value: logDensity(u) - 2 * Math.log(-u), slope: -u };
}

/** ln(1 − |u|Φ(u)/φ(u)) = ln(u⁻² − 3u⁻⁴ + 15u⁻⁶ − 105u⁻⁸ …). */
function logOfSmallRest(u: number): number {
  const s = 1 / (u * u);
  return Math.log(s) + Math.log1p(s * (-3 + s * (15 - s * 105)));
}
