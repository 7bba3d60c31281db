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

/** Loads a group of 16-bit values as they are stored. */
export const loadRaw = (f: FunctionBuilder, address: number, at: GroupOffsets): Local => f.load(address, at.two);

/** A group of f32, as it is stored. */
export const loadF32 = (f: FunctionBuilder, address: number, at: GroupOffsets): readonly [Local, Local] => [
  f.load(address, at.four),
  f.load(address + 16, at.four),
];

/** How f16 is widened: `exact` for every value, `normal` in a third of the time for zeros and normal numbers. */
export type F16Mode = "exact" | "normal";

/** Widens a group of 16-bit values to two vectors of f32, exactly. */
export function widenGroup(f: FunctionBuilder, dtype: "F16" | "BF16", raw: Local, mode: F16Mode): readonly [Local, Local] {
  const [low, high] = [f.shuffle(f.splat(0), raw, interleave[0]), f.shuffle(f.splat(0), raw, interleave[1])];
  if (dtype === "BF16") return [low, high];
  const widen = mode === "exact" ? widenF16 : widenNormalF16;
  return [widen(f, low), widen(f, high)];
}

/**
 * Ones in the 16-bit lanes where any of the f16 vectors holds a denormal, infinity or NaN. Magnitude − 1 is below 0x3ff for
 * denormals only, since 0 wraps to the largest; so one minimum and one maximum over the vectors tell.
 */
export function anySpecialF16(f: FunctionBuilder, vectors: readonly Local[]): Local {
  const magnitudes = vectors.map((raw) => f.op("and", raw, f.splat(0x7fff7fff)));
  const lowered = magnitudes.map((magnitude) => f.op("i16x8Sub", magnitude, f.splat(0x00010001)));
  const smallest = lowered.reduce((a, b) => f.op("i16x8MinU", a, b));
  const largest = magnitudes.reduce((a, b) => f.op("i16x8MaxS", a, b));
  const isDenormal = f.op("i16x8Eq", smallest, f.op("i16x8MinU", smallest, f.splat(0x03fe03fe)));
  return f.op("or", isDenormal, f.op("i16x8GtS", largest, f.splat(0x7bff7bff)));
}

/**
 * f16 bits in the upper half of each lane → f32, for zeros and normal numbers: exponent and mantissa are moved into place with
 * the sign kept, and multiplying by 2^112 puts the exponent's bias right. (A denormal would become a denormal f32 factor, on which
 * processors take a hundred times as long.)
 */
function widenNormalF16(f: FunctionBuilder, upper: Local): Local {
  const moved = f.op("and", f.shifted("shrS", upper, 3), f.splat(0x8fffe000));
  return f.op("f32x4Mul", moved, f.splat((112 + 127) << 23));
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

/** Narrows and stores a group. `raise` gets vectors with a bit set where a stored value is NaN or infinite. */
export function storeGroup(f: FunctionBuilder, dtype: ArithmeticDtype, place: GroupPlace, values: readonly [Local, Local]): void {
  const { address, at, raise } = place;
  const [low, high] = values;
  if (dtype === "F32") {
    f.store(address, at.four, low);
    f.store(address + 16, at.four, high);
    raise(nonFinite(f, "F32", low));
    raise(nonFinite(f, "F32", high));
  } else if (dtype === "BF16") {
    const narrow = (value: Local) => f.shifted("shrU", roundBf16(f, value), 16);
    const packed = f.op("narrowU", narrow(low), narrow(high));
    f.store(address, at.two, packed);
    raise(nonFinite(f, dtype, packed));
  } else storeF16(f, place, values);
}

/** Where a group goes, and who hears of NaN and infinity. */
export interface GroupPlace {
  readonly address: number;
  readonly at: GroupOffsets;
  raise(lanes: Local): void;
}

/** Groups whose results are all normal f16 take the short way. */
function storeF16(f: FunctionBuilder, { address, at, raise }: GroupPlace, [low, high]: readonly [Local, Local]): void {
  f.ifAny(
    f.op("or", leavesNormalF16(f, low), leavesNormalF16(f, high)),
    () => {
      const packed = f.op("narrowU", narrowF16(f, low), narrowF16(f, high));
      f.store(address, at.two, packed);
      raise(nonFinite(f, "F16", packed));
    },
    () => f.store(address, at.two, f.shuffle(narrowNormalF16(f, low), narrowNormalF16(f, high), [1, 3, 5, 7, 9, 11, 13, 15])),
  );
}

/** Ones where an f32 does not round to a normal f16: smaller than the smallest, or from 65520 on, or NaN. */
function leavesNormalF16(f: FunctionBuilder, value: Local): Local {
  const magnitude = f.op("and", value, f.splat(0x7fffffff));
  return f.op("or", f.op("i32x4LtS", magnitude, f.splat(113 << 23)), f.op("i32x4GtS", magnitude, f.splat(0x477fefff)));
}

/** f32 → f16 bits in the upper half of each lane, for values that round to a normal f16. */
function narrowNormalF16(f: FunctionBuilder, value: Local): Local {
  const odd = f.op("and", f.shifted("shrU", value, 13), f.splat(1));
  const rounded = f.op("i32x4Add", f.op("i32x4Add", value, f.splat(0xfff - (112 << 23))), odd);
  // The three bits below the sign are 0 after the change of bias: shifting them out brings exponent and mantissa into place.
  return f.op("or", f.shifted("shl", rounded, 3), f.op("and", value, f.splat(0x80000000)));
}

/** All ones in the lanes whose exponent is all ones. */
export function nonFinite(f: FunctionBuilder, dtype: ArithmeticDtype, stored: Local): Local {
  const mask = { F32: 0x7f800000, F16: 0x7c007c00, BF16: 0x7f807f80 }[dtype];
  return f.op(dtype === "F32" ? "i32x4Eq" : "i16x8Eq", f.op("and", stored, f.splat(mask)), f.splat(mask));
}
