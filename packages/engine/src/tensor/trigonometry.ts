/**
 * sin, acos and ln from the four operations and square root alone. Math.sin and the like may differ in the last bit between
 * JavaScript engines and versions; these give the same bits on every IEEE 754 machine, as the identity of a merge promises.
 * Absolute error below 1e-15 on the ranges named.
 */

/** Sum of Σ coefficient·x^(2k+1) by Horner, k from `terms` down to 0. */
function oddSeries(x: number, terms: number, coefficient: (k: number) => number): number {
  const square = x * x;
  let value = 0;
  for (let k = terms; k >= 0; k -= 1) value = value * square + coefficient(k);
  return value * x;
}

/** (−1)^k / (2k+1)! */
function sineCoefficient(k: number): number {
  let factorial = 1;
  for (let i = 2; i <= 2 * k + 1; i += 1) factorial *= i;
  return (k % 2 === 0 ? 1 : -1) / factorial;
}

/** @param x from 0 to π */
export function sine(x: number): number {
  const folded = x > Math.PI / 2 ? Math.PI - x : x;
  return oddSeries(folded, 13, sineCoefficient);
}

/** @param x at least 0 */
function arctangent(x: number): number {
  // atan x = 2·atan(x / (1 + √(1+x²))): four halvings bring any x below tan(π/32), where the series is short.
  let reduced = x;
  for (let i = 0; i < 4; i += 1) reduced = reduced / (1 + Math.sqrt(1 + reduced * reduced));
  return 16 * oddSeries(reduced, 10, (k) => (k % 2 === 0 ? 1 : -1) / (2 * k + 1));
}

/** @param x from -1 to 1 */
export function arccosine(x: number): number {
  if (x <= -1) return Math.PI;
  return 2 * arctangent(Math.sqrt((1 - x) / (1 + x)));
}

const doubleBits = new DataView(new ArrayBuffer(8));

/** Natural logarithm: ln(m·2^e) = e·ln 2 + 2·artanh((m−1)/(m+1)), m between √½ and √2. @param x greater than 0, normal */
export function logarithm(x: number): number {
  doubleBits.setFloat64(0, x);
  const high = doubleBits.getInt32(0);
  let exponent = (high >>> 20) - 1023;
  doubleBits.setInt32(0, (high & 0xfffff) | (1023 << 20));
  let mantissa = doubleBits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  return exponent * Math.LN2 + 2 * oddSeries((mantissa - 1) / (mantissa + 1), 11, (k) => 1 / (2 * k + 1));
}
