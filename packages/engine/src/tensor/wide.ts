import type { Dtype } from "./dtype.ts";
import { bf16ToF32Bits, f16ToF32Bits } from "./half.ts";

const table = (size: number, value: (bits: number) => number): Float64Array =>
  Float64Array.from({ length: size }, (_, bits) => value(bits));

function bitsToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, bits);
  return view.getFloat32(0);
}

/** OCP 8-bit float E4M3: bias 7, no infinities, the all-ones pattern is NaN. */
function e4m3(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 15;
  const mantissa = bits & 7;
  if (exponent === 15 && mantissa === 7) return Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10));
}

// Small types are decoded by table: 65,536 f64 take 512 KB and are made on first use only.
const tables = new Map<Dtype, Float64Array>();

function tableFor(dtype: Dtype): Float64Array {
  let known = tables.get(dtype);
  if (known === undefined) {
    if (dtype === "F16") known = table(65536, (bits) => bitsToNumber(f16ToF32Bits(bits)));
    else if (dtype === "BF16") known = table(65536, (bits) => bitsToNumber(bf16ToF32Bits(bits)));
    else if (dtype === "F8_E4M3") known = table(256, e4m3);
    else known = table(256, (bits) => bitsToNumber(f16ToF32Bits(bits << 8))); // E5M2 is the upper byte of an f16.
    tables.set(dtype, known);
  }
  return known;
}

/** Typed view and decoding table of a chunk: the hot loop of inspection reads `table[view[i]]` or `view[i]`. */
export interface WideChunk {
  readonly values: ArrayLike<number> | ArrayLike<bigint>;
  readonly table: Float64Array | null;
}

/** @param buffer an aligned buffer holding whole elements of `dtype` */
export function wideChunk(dtype: Dtype, buffer: ArrayBuffer, sizeBytes: number): WideChunk {
  switch (dtype) {
    case "BOOL":
    case "U8":
      return { values: new Uint8Array(buffer, 0, sizeBytes), table: null };
    case "I8":
      return { values: new Int8Array(buffer, 0, sizeBytes), table: null };
    case "U16":
      return { values: new Uint16Array(buffer, 0, sizeBytes / 2), table: null };
    case "I16":
      return { values: new Int16Array(buffer, 0, sizeBytes / 2), table: null };
    case "U32":
      return { values: new Uint32Array(buffer, 0, sizeBytes / 4), table: null };
    case "I32":
      return { values: new Int32Array(buffer, 0, sizeBytes / 4), table: null };
    case "U64":
      return { values: new BigUint64Array(buffer, 0, sizeBytes / 8), table: null };
    case "I64":
      return { values: new BigInt64Array(buffer, 0, sizeBytes / 8), table: null };
    case "F32":
      return { values: new Float32Array(buffer, 0, sizeBytes / 4), table: null };
    case "F64":
      return { values: new Float64Array(buffer, 0, sizeBytes / 8), table: null };
    case "F8_E4M3":
    case "F8_E5M2":
      return { values: new Uint8Array(buffer, 0, sizeBytes), table: tableFor(dtype) };
    case "F16":
    case "BF16":
      return { values: new Uint16Array(buffer, 0, sizeBytes / 2), table: tableFor(dtype) };
  }
}
