/**
 * Scalar conversions between f32 bit patterns and the two 16-bit float formats. Narrowing rounds to nearest, ties to even;
 * values past the largest finite one become infinite, every NaN becomes the one quiet NaN. Bits in, bits out: a NaN that passes
 * through a JavaScript number may change its payload, an integer does not.
 */

/** bf16 is the upper half of an f32. */
export const bf16ToF32Bits = (bits: number): number => bits << 16;

export function f32BitsToBf16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  // Half of the last kept place, less one, plus the last kept bit: rounds up except when exactly half and already even.
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** f16: 1 sign, 5 exponent (bias 15), 10 mantissa bits. Exact, denormals included. */
export function f16ToF32Bits(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Denormal mantissa × 2^-24: shift its leading bit into the hidden place.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

export function f32BitsToF16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const half = 1 << (shift - 1);
  const odd = (mantissa >>> shift) & 1;
  return sign | ((mantissa + half - 1 + odd) >>> shift);
}
