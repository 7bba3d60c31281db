import type { ArithmeticDtype } from "./dtype.ts";
import { bf16ToF32Bits, f16ToF32Bits, f32BitsToBf16, f32BitsToF16 } from "./half.ts";

/**
 * Widens stored values to f32; exact for all three types.
 * @param bytes little-endian elements; its length must be a multiple of the element size
 * @returns a new array, one f32 an element
 */
export function decodeToF32(dtype: ArithmeticDtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  // Not slice(): a Buffer's slice shares its memory.
  const aligned = new Uint8Array(bytes);
  if (dtype === "F32") return new Float32Array(aligned.buffer);
  const stored = new Uint16Array(aligned.buffer);
  const bits = new Int32Array(stored.length);
  const widen = dtype === "BF16" ? bf16ToF32Bits : f16ToF32Bits;
  stored.forEach((value, i) => {
    bits[i] = widen(value);
  });
  return new Float32Array(bits.buffer);
}

/**
 * Narrows f32 values to a storage type: round to nearest, ties to even; too large becomes infinite; NaN becomes the quiet NaN.
 * @returns little-endian bytes in a new array
 */
export function encodeFromF32(dtype: ArithmeticDtype, values: Float32Array): Uint8Array<ArrayBuffer> {
  const copy = values.slice();
  if (dtype === "F32") return new Uint8Array(copy.buffer);
  const bits = new Int32Array(copy.buffer);
  const stored = new Uint16Array(bits.length);
  const narrow = dtype === "BF16" ? f32BitsToBf16 : f32BitsToF16;
  bits.forEach((value, i) => {
    stored[i] = narrow(value);
  });
  return new Uint8Array(stored.buffer);
}

/** The value that is left of an f32 after a trip through a storage type. */
export const roundThrough = (dtype: ArithmeticDtype, values: Float32Array): Float32Array =>
  decodeToF32(dtype, encodeFromF32(dtype, values));
