/** Largest magnitude; 0 for nothing. @throws RangeError for a NaN or an infinity */
export function largestMagnitude(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) {
    const magnitude = Math.abs(values[i] as number);
    if (!(magnitude <= Number.MAX_VALUE)) throw new RangeError(`A matrix must be finite; element ${i} is ${values[i]}.`);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/**
 * The power of two that brings a magnitude into [1/2, 1), so that squares neither overflow nor vanish; multiplying by it is exact.
 * At most 2^1000, which leaves the smallest denormals at 2^-74: still far from vanishing squares. 1 for 0.
 */
export function powerToUnit(magnitude: number): number {
  let power = 1;
  if (magnitude === 0) return power;
  while (magnitude * power < 0.5 && power < 2 ** 1000) power *= 2;
  while (magnitude * power >= 1) power /= 2;
  return power;
}

/** A copy in [-1, 1] and the power of two that undoes it: values · power are those given. */
export function scaledToUnit(values: Float64Array): { readonly values: Float64Array; readonly power: number } {
  const power = powerToUnit(largestMagnitude(values));
  return { values: values.map((x) => x * power), power: 1 / power };
}
