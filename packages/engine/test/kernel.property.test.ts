import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { combineBlocks } from "../src/expr/blocks.ts";
import * as x from "../src/expr/expr.ts";
import { evaluate, reduce } from "../src/expr/scalar.ts";
import { compileKernel, instantiate, kernelMemory } from "../src/expr/wasm/kernel.ts";
import { decodeToF32, encodeFromF32 } from "../src/tensor/codec.ts";
import { type ArithmeticDtype, arithmeticDtypes, dtypes } from "../src/tensor/dtype.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const tileBytes = 16384;

/** Merges through the emitted kernel, tile by tile as a worker does, and says whether the alarm rang. */
function runKernel(expr: x.Element, inputs: readonly Uint8Array[], types: readonly ArithmeticDtype[], output: ArithmeticDtype) {
  const kernel = compileKernel({ expr, inputs: types, output }, inputs.length, tileBytes);
  const memory = kernelMemory(inputs.length, tileBytes);
  const instance = instantiate(kernel, memory);
  const elements = (inputs[0]?.length ?? 0) / dtypes[types[0] ?? "F32"].sizeBytes;
  const tiles = Array.from({ length: Math.ceil(elements / kernel.tileElements) }, (_, i) => i * kernel.tileElements);
  const load = (begin: number): number => {
    const count = Math.min(kernel.tileElements, elements - begin);
    inputs.forEach((bytes, k) => {
      const size = dtypes[types[k] ?? "F32"].sizeBytes;
      memory.input(k).set(bytes.subarray(begin * size, (begin + count) * size));
    });
    return count;
  };
  const sums: number[][] = kernel.reductions.map(() => []);
  for (const begin of tiles) for (const [r, blocks] of instance.reduce(load(begin)).entries()) sums[r]?.push(...blocks);
  instance.setNumbers(sums.map(combineBlocks));
  const size = dtypes[output].sizeBytes;
  const result = new Uint8Array(elements * size);
  let finite = true;
  for (const begin of tiles) {
    const count = load(begin);
    finite = instance.merge(count) && finite;
    result.set(memory.output.subarray(0, count * size), begin * size);
  }
  return { result, finite, sums: sums.map(combineBlocks) };
}

/** Bit patterns of a storage type that are finite and not too large to be combined. */
const bitsOf: Readonly<Record<ArithmeticDtype, fc.Arbitrary<number>>> = {
  F32: fc.oneof(
    fc
      .float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 20), max: 2 ** 20 })
      .map((v) => new Uint32Array(Float32Array.of(v).buffer)[0] ?? 0),
    fc.constantFrom(0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000),
  ),
  F16: fc.tuple(fc.integer({ min: 0, max: 0x4fff }), fc.boolean()).map(([v, negative]) => (negative ? v | 0x8000 : v)),
  BF16: fc.tuple(fc.integer({ min: 0, max: 0x4aff }), fc.boolean()).map(([v, negative]) => (negative ? v | 0x8000 : v)),
};

const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(4095, 4096, 4097, 8191, 8192, 8193, 12290));

const tensor = (dtype: ArithmeticDtype, elements: number): fc.Arbitrary<Uint8Array> =>
  fc.array(bitsOf[dtype], { minLength: 1, maxLength: 24 }).map((pattern) => {
    const bits = Array.from({ length: elements }, (_, i) => pattern[(i * 7 + (i >> 5)) % pattern.length] ?? 0);
    return new Uint8Array(dtype === "F32" ? Uint32Array.from(bits).buffer : Uint16Array.from(bits).buffer);
  });

const inputCount = 3;
const leaf = fc.oneof(
  fc.integer({ min: 0, max: inputCount - 1 }).map(x.input),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 }).map(x.constant),
  fc.constantFrom(x.constant(1), x.constant(0), x.constant(-0), x.constant(0.25)),
);
const { element } = fc.letrec<{ element: x.Element; condition: x.Condition }>((tie) => ({
  condition: fc
    .tuple(fc.constantFrom(x.lessThan, x.atMost, x.equal), tie("element"), tie("element"))
    .map(([op, a, b]) => op(a, b)),
  element: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    fc
      .tuple(fc.constantFrom(x.add, x.sub, x.mul, x.div, x.min, x.max), tie("element"), tie("element"))
      .map(([op, a, b]) => op(a, b)),
    fc.tuple(fc.constantFrom(x.neg, x.abs, x.sqrt), tie("element")).map(([op, a]) => op(a)),
    fc.tuple(tie("condition"), tie("element"), tie("element")).map(([c, a, b]) => x.select(c, a, b)),
    fc.tuple(fc.constantFrom("F16" as const, "BF16" as const), tie("element")).map(([dtype, a]) => x.cast(dtype, a)),
  ),
}));

const scene = fc
  .tuple(
    fc.array(fc.constantFrom(...arithmeticDtypes), { minLength: inputCount, maxLength: inputCount }),
    fc.constantFrom(...arithmeticDtypes),
    length,
  )
  .chain(([types, output, elements]) =>
    fc.tuple(fc.constant(types), fc.constant(output), fc.tuple(...types.map((dtype) => tensor(dtype, elements)))),
  );

/** Bytes, with every NaN made the same: WebAssembly leaves the payload of a NaN open. */
function canonical(dtype: ArithmeticDtype, bytes: Uint8Array): Uint8Array {
  const values = decodeToF32(dtype, bytes);
  return encodeFromF32(
    dtype,
    values.map((v) => (Number.isNaN(v) ? Number.NaN : v)),
  );
}

const widen = (types: readonly ArithmeticDtype[], inputs: readonly Uint8Array[]) =>
  inputs.map((bytes, k) => decodeToF32(types[k] ?? "F32", bytes));

describe("an emitted kernel", () => {
  it("equals the scalar interpreter bit for bit, for any expression, types and length", () => {
    fc.assert(
      fc.property(element, scene, (expr, [types, output, inputs]) => {
        const expected = encodeFromF32(output, evaluate(expr, widen(types, inputs)));
        const { result, finite } = runKernel(expr, inputs, types, output);
        expect(Buffer.compare(canonical(output, result), canonical(output, expected))).toBe(0);
        // The alarm rings exactly when the result is not finite: the inputs of this test are.
        expect(finite).toBe(decodeToF32(output, expected).every(Number.isFinite));
      }),
      { numRuns: 250 },
    );
  });

  it("reduces to the same bits as the scalar interpreter", () => {
    const reductions = fc.tuple(element, element, fc.boolean()).map(([a, b, isDot]) => (isDot ? x.dot(a, b) : x.absSum(a)));
    fc.assert(
      fc.property(reductions, element, scene, (number, expr, [types, output, inputs]) => {
        if (number.kind !== "reduce") return;
        const { sums } = runKernel(x.add(x.broadcast(number), expr), inputs, types, output);
        expect(sums[0]).toBe(reduce(number, widen(types, inputs)));
      }),
      { numRuns: 150 },
    );
  });

  it.each(arithmeticDtypes)(
    "rings the alarm for one NaN or infinity in %s at any place, even where a comparison hides it",
    (dtype) => {
      const special = {
        F32: [0x7f800000, 0xff800000, 0x7fc00000, 0x7fffffff, 0xff800001],
        F16: [0x7c00, 0xfc00, 0x7e00, 0xffff],
        BF16: [0x7f80, 0xff80, 0x7fc0, 0xffff],
      }[dtype];
      const exprs = [
        x.add(x.mul(x.constant(0), x.input(0)), x.input(1)),
        x.min(x.max(x.input(0), x.constant(-1)), x.constant(1)),
        x.select(x.lessThan(x.input(0), x.constant(5)), x.input(1), x.constant(2)),
        x.div(x.constant(1), x.input(0)),
        x.mul(x.broadcast(x.number(0.5)), x.input(0)),
      ];
      for (const elements of [1, 7, 8, 9, 4097]) {
        for (const at of new Set([0, elements >> 1, elements - 1])) {
          for (const bits of special) {
            const bytes = new Uint8Array(elements * dtypes[dtype].sizeBytes);
            const view = new DataView(bytes.buffer);
            if (dtype === "F32") view.setUint32(4 * at, bits, true);
            else view.setUint16(2 * at, bits, true);
            for (const expr of exprs)
              expect(runKernel(expr, [bytes, new Uint8Array(bytes.length)], [dtype, dtype], "F32").finite).toBe(false);
          }
        }
      }
    },
  );

  it("rings the alarm when a finite value overflows the output type", () => {
    const big = new Uint8Array(Float32Array.of(1, 65520, 3).buffer);
    expect(runKernel(x.input(0), [big], ["F32"], "F16").finite).toBe(false);
    expect(runKernel(x.input(0), [big], ["F32"], "BF16").finite).toBe(true);
    const largest = new Uint8Array(Uint32Array.of(0x7f7fffff).buffer);
    expect(runKernel(x.input(0), [largest], ["F32"], "BF16").finite).toBe(false);
  });
});
