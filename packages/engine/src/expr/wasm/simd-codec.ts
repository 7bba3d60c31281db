import type { ArithmeticDtype } from "../../tensor/dtype.ts";
import type { FunctionBuilder, Local } from "./function-builder.ts";

/** Elements that one pass of the loop handles: two vectors of four f32, one vector of eight 16-bit values. */
export const groupElements = 8;
export type Half = 0 | 1;

// V8 turns these two interleavings into single instructions; other shuffles cost several times as much.
const interleave = [
  [0, 8, 1, 9, 2, 10, 3, 11],
  [4, 12, 5, 13, 6, 14, 7, 15],
] as const;

/** Byte offsets of the current group for elements of 2 and of 4 bytes. */
export interface GroupOffsets {
  readonly two: Local;
  readonly four: Local;
}

/** Loads a group of stored values and widens it to two vectors of f32, exactly. */
export function decodeGroup(
  f: FunctionBuilder,
  dtype: ArithmeticDtype,
  address: number,
  at: GroupOffsets,
): readonly [Local, Local] {
  if (dtype === "F32") return [f.load(address, at.four), f.load(address + 16, at.four)];
  const raw = f.load(address, at.two);
  const upper = (half: Half) => f.shuffle(f.splat(0), raw, interleave[half]);
  return dtype === "BF16" ? [upper(0), upper(1)] : [widenF16(f, upper(0)), widenF16(f, upper(1))];
}

/** f16 bits in the upper half of each lane → f32. Three cases without a branch; the subtraction of equal powers makes denormals exact. */
export function widenF16(f: FunctionBuilder, upper: Local): Local {
  const sign = f.op("and", upper, f.splat(0x80000000));
  const magnitude = f.shifted("shrU", f.op("and", upper, f.splat(0x7fff0000)), 3);
  const rebias = f.splat(112 << 23);
  const normal = f.op("i32x4Add", magnitude, rebias);
  const smallest = f.splat(113 << 23);
  const denormal = f.op("f32x4Sub", f.op("i32x4Add", magnitude, smallest), smallest);
  const finite = f.op("bitselect", denormal, normal, f.op("i32x4LtS", magnitude, f.splat(1 << 23)));
  const isSpecial = f.op("i32x4GtS", magnitude, f.splat((31 << 23) - 1));
  const special = f.op("and", isSpecial, rebias);
  return f.op("or", f.op("i32x4Add", finite, special), sign);
}

/** f32 → f16 bits in the lower half of each lane; round to nearest even, as `f32BitsToF16`. */
export function narrowF16(f: FunctionBuilder, value: Local): Local {
  const sign = f.op("and", value, f.splat(0x80000000));
  const magnitude = f.op("xor", value, sign);
  const odd = f.op("and", f.shifted("shrU", magnitude, 13), f.splat(1));
  const normal = f.shifted("shrU", f.op("i32x4Add", f.op("i32x4Add", magnitude, f.splat(0xfff - (112 << 23))), odd), 13);
  // Adding 0.5 aligns the last place of the sum with the last place of an f16 denormal, so the hardware does the rounding.
  const half = f.splat(126 << 23);
  const denormal = f.op("i32x4Sub", f.op("f32x4Add", magnitude, half), half);
  const finite = f.op("bitselect", denormal, normal, f.op("i32x4LtS", magnitude, f.splat(113 << 23)));
  const isNan = f.op("i32x4GtS", magnitude, f.splat(0x7f800000));
  const special = f.op("bitselect", f.splat(0x7e00), f.splat(0x7c00), isNan);
  const isSpecial = f.op("i32x4GtS", magnitude, f.splat(0x477fffff));
  return f.op("or", f.op("bitselect", special, finite, isSpecial), f.shifted("shrU", sign, 16));
}

/** f32 → bf16 bits in the upper half of each lane, the lower half left over; round to nearest even, as `f32BitsToBf16`. */
export function roundBf16(f: FunctionBuilder, value: Local): Local {
  const odd = f.op("and", f.shifted("shrU", value, 16), f.splat(1));
  const rounded = f.op("i32x4Add", f.op("i32x4Add", value, f.splat(0x7fff)), odd);
  return f.op("bitselect", f.splat(0x7fc00000), rounded, f.op("f32x4Ne", value, value));
}

/** Narrows and stores a group. Returns vectors whose lanes are all ones where a stored value is NaN or infinite. */
export function encodeGroup(
  f: FunctionBuilder,
  dtype: ArithmeticDtype,
  address: number,
  at: GroupOffsets,
  [low, high]: readonly [Local, Local],
): Local[] {
  if (dtype === "F32") {
    f.store(address, at.four, low);
    f.store(address + 16, at.four, high);
    return [nonFinite(f, "F32", low), nonFinite(f, "F32", high)];
  }
  const narrow = (value: Local) => (dtype === "F16" ? narrowF16(f, value) : f.shifted("shrU", roundBf16(f, value), 16));
  const packed = f.op("narrowU", narrow(low), narrow(high));
  f.store(address, at.two, packed);
  return [nonFinite(f, dtype, packed)];
}

/** All ones in the lanes whose exponent is all ones. */
export function nonFinite(f: FunctionBuilder, dtype: ArithmeticDtype, stored: Local): Local {
  const mask = { F32: 0x7f800000, F16: 0x7c007c00, BF16: 0x7f807f80 }[dtype];
  return f.op(dtype === "F32" ? "i32x4Eq" : "i16x8Eq", f.op("and", stored, f.splat(mask)), f.splat(mask));
}
