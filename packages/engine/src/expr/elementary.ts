import {
  add,
  atMost,
  constant,
  div,
  type Element,
  lessThan,
  max,
  min,
  mul,
  nearest,
  neg,
  powerOfTwo,
  select,
  sub,
} from "./expr.ts";

const log2e = Math.LOG2E;
/** ln 2 in two parts: the first has so few bits that its product with an exponent is exact in f32. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444005469057e-4;

/** Σ coefficient_k·x^k by Horner. */
const polynomial = (x: Element, coefficients: readonly number[]): Element =>
  coefficients
    .slice(0, -1)
    .reduceRight((value, coefficient) => add(mul(value, x), constant(coefficient)), constant(coefficients.at(-1) ?? 0));

/**
 * e^a in f32, relative error below 3e-7; a is held between -87 and 88.
 *   e^a = 2^n · e^r      n = nearest(a / ln 2), |r| ≤ ln 2 / 2, e^r by its Taylor series to r^7
 */
export function exp(a: Element): Element {
  const x = max(constant(-87), min(constant(88), a));
  const n = nearest(mul(x, constant(log2e)));
  const r = sub(sub(x, mul(n, constant(ln2High))), mul(n, constant(ln2Low)));
  return mul(polynomial(r, [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040]), powerOfTwo(n));
}

/**
 * Hyperbolic tangent in f32, relative error below 1e-6 everywhere.
 * |a| < 0.625: the continued fraction a / (1 + a²/(3 + a²/(5 + a²/7))), which keeps small values exact; else 1 − 2/(e^(2|a|) + 1).
 */
export function tanh(a: Element): Element {
  const square = mul(a, a);
  const fraction = [5, 3, 1].reduce((below, odd) => add(constant(odd), div(square, below)), constant(7) as Element);
  const magnitude = max(a, neg(a));
  const far = sub(constant(1), div(constant(2), add(exp(mul(constant(2), min(magnitude, constant(20)))), constant(1))));
  const signed = select(lessThan(a, constant(0)), neg(far), far);
  return select(atMost(magnitude, constant(0.625)), div(a, fraction), signed);
}
