import {
  add,
  atMost,
  constant,
  div,
  type Element,
  exponent,
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
 * Natural logarithm in f32; error below 2e-7 of the larger of |ln a| and 1; a is held between 2^-126 and 2^126.
 *   ln a = e·ln 2 + ln m, a = m·2^e, √½ ≤ m < √2      ln m = 2·(z + z³/3 + z⁵/5 + z⁷/7 + z⁹/9), z = (m − 1) / (m + 1)
 */
export function ln(a: Element): Element {
  const x = max(constant(2 ** -126), min(constant(2 ** 126), a));
  const e = exponent(x);
  const m = mul(x, powerOfTwo(neg(e)));
  const isHigh = lessThan(constant(Math.SQRT2), m);
  const [centred, n] = [select(isHigh, mul(constant(0.5), m), m), select(isHigh, add(e, constant(1)), e)];
  const z = div(sub(centred, constant(1)), add(centred, constant(1)));
  const series = mul(mul(constant(2), z), polynomial(mul(z, z), [1, 1 / 3, 1 / 5, 1 / 7, 1 / 9]));
  return add(mul(n, constant(ln2High)), add(mul(n, constant(ln2Low)), series));
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
