import type { ArithmeticDtype } from "./dtype.ts";

/** Index of the first NaN or infinity among the first `count` elements, or -1. Looks at exponents: no conversion is needed. */
export function firstNonFinite(dtype: ArithmeticDtype, bytes: Uint8Array, count: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mask = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 }[dtype];
  for (let i = 0; i < count; i += 1) {
    const bits = dtype === "F32" ? view.getUint32(4 * i, true) : view.getUint16(2 * i, true);
    if ((bits & mask) === mask) return i;
  }
  return -1;
}
