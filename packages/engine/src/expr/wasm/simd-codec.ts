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
  if (dtype === "F16" && mode === "normal") return widenNormalF16(f, raw);
  const [low, high] = spread(f, f.splat(0), raw);
  return dtype === "BF16" ? [low, high] : [widenF16(f, low), widenF16(f, high)];
}

/** Eight 32-bit lanes from their lower and their upper halves. */
const spread = (f: FunctionBuilder, lower: Local, upper: Local): readonly [Local, Local] => [
  f.shuffle(lower, upper, interleave[0]),
  f.shuffle(lower, upper, interleave[1]),
];

/**
 * Ones in the 16-bit lanes where any of the f16 vectors holds a denormal, infinity or NaN. Twice the bits, the sign shifted out,
 * are at most 0x800 away from 0 for these; less one, 0 is far away.
 */
export function anySpecialF16(f: FunctionBuilder, vectors: readonly Local[]): Local {
  const distances = vectors.map((raw) => f.op("i16x8Sub", f.op("i16x8Abs", f.op("i16x8Add", raw, raw)), f.splat(0x00010001)));
  const smallest = distances.reduce((a, b) => f.op("i16x8MinU", a, b));
  return f.op("i16x8Eq", smallest, f.op("i16x8MinU", smallest, f.splat(0x07ff07ff)));
}

/**
 * f16 → f32, for zeros and normal numbers: exponent and mantissa are moved into place with the sign kept, while all eight are in
 * one vector, and multiplying by 2^112 puts the exponent's bias right. (A denormal would become a denormal f32 factor, on which
 * processors take a hundred times as long.)
 */
function widenNormalF16(f: FunctionBuilder, raw: Local): readonly [Local, Local] {
  const upper = f.op("and", f.shifted("i16x8ShrS", raw, 3), f.splat(0x8fff8fff));
  const [low, high] = spread(f, f.shifted("i16x8Shl", raw, 13), upper);
  const rebias = f.splat((112 + 127) << 23);
  return [f.op("f32x4Mul", low, rebias), f.op("f32x4Mul", high, rebias)];
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
    storeBf16(f, place, values);
  } else storeF16(f, place, values);
}

/** Where a group goes, and who hears of NaN and infinity. */
export interface GroupPlace {
  readonly address: number;
  readonly at: GroupOffsets;
  raise(lanes: Local): void;
}

/** Upper halves of eight 32-bit lanes. */
const upperHalves = (f: FunctionBuilder, low: Local, high: Local): Local =>
  f.op("narrowU", f.shifted("shrU", low, 16), f.shifted("shrU", high, 16));

/** Values from 32768 on are put in order first; for all others the sum does the rounding, without a branch. */
function storeF16(f: FunctionBuilder, { address, at, raise }: GroupPlace, values: readonly [Local, Local]): void {
  const [low, high, upper] = [f.local("v128"), f.local("v128"), f.local("v128")];
  const exponent = f.local("v128");
  f.set(low, f.get(values[0]));
  f.set(high, f.get(values[1]));
  f.set(upper, f.get(upperHalves(f, low, high)));
  f.set(exponent, f.get(f.op("and", upper, f.splat(0x7f807f80))));
  f.ifAny(
    f.op("i16x8GtS", exponent, f.splat(0x46804680)),
    () => {
      for (const half of [low, high]) {
        const saturated = saturateF16(f, half);
        raise(f.op("i32x4GtS", f.op("f32x4Abs", saturated), f.splat(0x477fefff)));
        f.set(half, f.get(saturated));
      }
      f.set(upper, f.get(upperHalves(f, low, high)));
      f.set(exponent, f.get(f.op("and", upper, f.splat(0x7f807f80))));
    },
    () => {},
  );
  const sign = f.op("and", upper, f.splat(0x80008000));
  // Exponent above that of the smallest normal f16.
  const above = f.op("i16x8SubSatU", exponent, f.splat(0x38803880));
  // 2^13 times the value's power of two, at least that of the smallest normal f16: the last place of the sum is that of the f16.
  const power = f.op("or", f.op("i16x8Add", above, f.splat(0x3f003f00)), sign);
  const places = spread(f, f.splat(0), power).map((p, i) => f.op("i32x4Sub", f.op("f32x4Add", i === 0 ? low : high, p), p));
  const packed = f.op("narrowU", places[0] ?? low, places[1] ?? high);
  f.store(address, at.two, f.op("or", f.op("i16x8Add", packed, f.shifted("i16x8Shl", above, 3)), sign));
}

/** Infinity for what is too large, 98304 with the sign for NaN: rounded as if f16 had another exponent, they get the right bits. */
function saturateF16(f: FunctionBuilder, value: Local): Local {
  const magnitude = f.op("f32x4Abs", value);
  const infinite = f.splat(0x47800000);
  const isNan = f.op("f32x4Ne", value, value);
  const limited = f.op("bitselect", f.splat(0x47c00000), f.op("f32x4PMin", infinite, magnitude), isNan);
  return f.op("or", limited, f.op("xor", value, magnitude));
}

/** All ones in the lanes whose exponent is all ones. */
export function nonFinite(f: FunctionBuilder, dtype: ArithmeticDtype, stored: Local): Local {
  const mask = { F32: 0x7f800000, F16: 0x7c007c00, BF16: 0x7f807f80 }[dtype];
  return f.op(dtype === "F32" ? "i32x4Eq" : "i16x8Eq", f.op("and", stored, f.splat(mask)), f.splat(mask));
}

/** Groups whose results are all smaller than the largest bf16 take the short way. */
function storeBf16(f: FunctionBuilder, { address, at, raise }: GroupPlace, [low, high]: readonly [Local, Local]): void {
  const [lowKept, highKept] = [f.shifted("shrU", low, 16), f.shifted("shrU", high, 16)];
  const kept = f.op("narrowU", lowKept, highKept);
  const isLarge = f.op("i16x8GtS", f.op("and", kept, f.splat(0x7fff7fff)), f.splat(0x7f7e7f7e));
  const round = (value: Local, k: Local) =>
    f.shifted("shrU", f.op("i32x4Add", f.op("i32x4Add", value, f.splat(0x7fff)), f.op("and", k, f.splat(1))), 16);
  f.ifAny(
    isLarge,
    () => {
      const narrow = (value: Local) => f.shifted("shrU", roundBf16(f, value), 16);
      const packed = f.op("narrowU", narrow(low), narrow(high));
      f.store(address, at.two, packed);
      raise(nonFinite(f, "BF16", packed));
    },
    () => f.store(address, at.two, f.op("narrowU", round(low, lowKept), round(high, highKept))),
  );
}
