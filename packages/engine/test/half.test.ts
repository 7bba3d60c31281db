import { describe, expect, it, vi } from "vitest";
import { input } from "../src/expr/expr.ts";
import { decodeToF32, encodeFromF32 } from "../src/tensor/codec.ts";
import { type ArithmeticDtype, dtypes } from "../src/tensor/dtype.ts";
import { runKernel } from "./run-kernel.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const every16 = Uint16Array.from({ length: 65536 }, (_, i) => i);
const bytesOf = (array: Uint16Array | Uint32Array | Float32Array) => new Uint8Array(array.buffer);

/** The definition of f16 in plain arithmetic. */
function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Nearest f16 by search among neighbours; ties to the even mantissa. */
function nearestF16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  let [low, high] = [0, 0x7bff];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (f16Value(middle) <= magnitude) low = middle;
    else high = middle - 1;
  }
  const [below, above] = [magnitude - f16Value(low), (low === 0x7bff ? 65536 : f16Value(low + 1)) - magnitude];
  if (below === above) return sign | (low % 2 === 0 ? low : low + 1);
  return sign | (below < above ? low : low + 1);
}

/** Values around every f16 and the middles between neighbours: each rounding decision there is. */
const edges = Float32Array.from(
  Array.from({ length: 0x7c00 }, (_, bits) => {
    const [value, next] = [f16Value(bits), bits === 0x7bff ? 65536 : f16Value(bits + 1)];
    const middle = (value + next) / 2;
    const up = new Float32Array(Uint32Array.of((new Uint32Array(Float32Array.of(middle).buffer)[0] ?? 0) + 1).buffer)[0] ?? 0;
    const down = new Float32Array(Uint32Array.of((new Uint32Array(Float32Array.of(middle).buffer)[0] ?? 1) - 1).buffer)[0] ?? 0;
    return [value, middle, up, down, -value, -middle];
  }).flat(),
);

describe("16-bit floats", () => {
  it("decodes each of the 65,536 f16 patterns to its value", () => {
    const values = decodeToF32("F16", bytesOf(every16));
    expect(values.findIndex((value, bits) => !Object.is(value, bits === 0x8000 ? -0 : f16Value(bits)))).toBe(-1);
  });

  it("rounds to the nearest f16, ties to even, at every edge between two of them", () => {
    const stored = new Uint16Array(encodeFromF32("F16", edges).buffer);
    expect(stored.findIndex((bits, i) => bits !== nearestF16(edges[i] ?? 0))).toBe(-1);
  });

  it("decodes a Buffer that starts at an odd address of its memory", () => {
    const pool = Buffer.from([9, 0x80, 0x3f, 0x00, 0xc0, 9]);
    expect(decodeToF32("BF16", pool.subarray(1, 5))).toEqual(Float32Array.of(1, -2));
  });

  it.each(["F16", "BF16"] as const)("gives back every finite %s pattern after a trip through f32", (dtype) => {
    const back = new Uint16Array(encodeFromF32(dtype, decodeToF32(dtype, bytesOf(every16))).buffer);
    const exponent = dtype === "F16" ? 0x7c00 : 0x7f80;
    const isNan = (bits: number) => (bits & 0x7fff) > exponent;
    expect(back.findIndex((bits, i) => (isNan(i) ? !isNan(bits) : bits !== i))).toBe(-1);
  });

  it("rounds bf16 at known patterns", () => {
    const cases = [
      [0x3f808000, 0x3f80],
      [0x3f818000, 0x3f82],
      [0x3f808001, 0x3f81],
      [0x3f807fff, 0x3f80],
      [0x7f7fffff, 0x7f80],
      [0x80000001, 0x8000],
      [0x7fffffff, 0x7fc0],
    ] as const;
    for (const [f32, expected] of cases) {
      expect(new Uint16Array(encodeFromF32("BF16", new Float32Array(Uint32Array.of(f32).buffer)).buffer)[0]).toBe(expected);
    }
  });

  it("does the same in SIMD: every f16 pattern in, every edge out", () => {
    const run = (data: Uint8Array, type: ArithmeticDtype, output: ArithmeticDtype) => {
      const elements = data.length / dtypes[type].sizeBytes;
      return runKernel(input(0), { inputs: [data], types: [type], output, elements, columns: elements }).result;
    };
    const widened = new Float32Array(run(bytesOf(every16), "F16", "F32").buffer);
    expect(widened.findIndex((value, bits) => !Object.is(value, bits === 0x8000 ? -0 : f16Value(bits)))).toBe(-1);

    const narrowed = new Uint16Array(run(bytesOf(edges), "F32", "F16").buffer);
    expect(narrowed.findIndex((bits, i) => bits !== nearestF16(edges[i] ?? 0))).toBe(-1);
  });
});
