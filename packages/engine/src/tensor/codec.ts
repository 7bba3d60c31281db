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
  const values = new Float32Array(aligned.length / 2);
  widenInto(dtype, aligned, values);
  return values;
}

/**
 * The same into an array that is there.
 * @param bytes starts at a multiple of the element size in its buffer
 */
export function widenInto(dtype: ArithmeticDtype, bytes: Uint8Array, values: Float32Array): void {
  if (dtype === "F32") {
    values.set(new Float32Array(bytes.buffer, bytes.byteOffset, values.length));
    return;
  }
  const stored = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  if (dtype === "BF16") for (let i = 0; i < bits.length; i += 1) bits[i] = bf16ToF32Bits(stored[i] ?? 0);
  else for (let i = 0; i < bits.length; i += 1) bits[i] = f16ToF32Bits(stored[i] ?? 0);
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
