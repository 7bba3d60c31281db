import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import * as x from "../src/expr/expr.ts";
import { exp, ln, tanh } from "../src/expr/index.ts";
import { evaluate, evaluateNumber } from "../src/expr/scalar.ts";
import { keyOfValue, valueOfKey } from "../src/expr/wasm/emit-select.ts";
import type { StoredType } from "../src/expr/wasm/group-emitter.ts";
import { outlineOf } from "../src/expr/wasm/kernel.ts";
import { decodeToF32, encodeFromF32 } from "../src/tensor/codec.ts";
import { type ArithmeticDtype, arithmeticDtypes, dtypes } from "../src/tensor/dtype.ts";
import { keys, runKernel } from "./run-kernel.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

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

/** Rows and columns. */
const shapes = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 9 })),
  fc.constantFrom<[number, number]>([1, 4095], [1, 4096], [1, 4097], [1, 8193], [3, 4098], [2, 4096], [1, 12290], [700, 13]),
);

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
  fc.integer({ min: 0, max: inputCount - 1 }).map(x.random),
);
const simple = fc.integer({ min: 0, max: inputCount - 1 }).map(x.input);
/** What a selection ranks: finite for finite inputs, because a NaN has no place in an order. */
const ranked = fc.oneof(
  simple,
  simple.map(x.abs),
  fc.tuple(simple, simple).map(([a, b]) => x.abs(x.sub(a, b))),
);
const selections = fc
  .tuple(ranked, fc.double({ min: -0.2, max: 1.2, noNaN: true }), fc.constantFrom("first" as const, "all" as const))
  .map(([of, share, ties]) => x.largest(of, x.numeric.mul(x.number(share), x.size("elements")), ties));

/** Expressions; with `rows` also such that need whole rows. */
const expressions = (rows: boolean) =>
  fc.letrec<{ element: x.Element; condition: x.Condition; number: x.Numeric }>((tie) => {
    const scope = rows ? fc.constantFrom("tensor" as const, "row" as const) : fc.constant("tensor" as const);
    return {
      condition: fc.oneof(
        fc.tuple(fc.constantFrom(x.lessThan, x.atMost, x.equal), tie("element"), tie("element")).map(([op, a, b]) => op(a, b)),
        selections.map((by) => x.kept(by.of, by)),
      ),
      number: fc.oneof(
        { maxDepth: 2 },
        fc.tuple(simple, simple, scope).map(([a, b, where]) => x.dot(a, b, where)),
        fc.tuple(simple, scope).map(([a, where]) => x.numeric.max(x.number(-100), x.largestOf(a, where))),
        fc.tuple(tie("element"), scope).map(([a, where]) => x.total(x.min(x.max(a, x.constant(-9)), x.constant(9)), where)),
        selections.map((selection) => x.numeric.min(x.number(1e6), x.threshold(selection))),
        fc.tuple(tie("number"), tie("number")).map(([a, b]) => x.numeric.add(a, b)),
      ),
      element: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        leaf,
        fc
          .tuple(fc.constantFrom(x.add, x.sub, x.mul, x.div, x.min, x.max), tie("element"), tie("element"))
          .map(([op, a, b]) => op(a, b)),
        fc
          .tuple(fc.constantFrom(x.neg, x.abs, x.sqrt, x.nearest, x.exponent, exp, ln, tanh), tie("element"))
          .map(([op, a]) => op(a)),
        fc.tuple(tie("condition"), tie("element"), tie("element")).map(([c, a, b]) => x.select(c, a, b)),
        fc.tuple(fc.constantFrom("F16" as const, "BF16" as const), tie("element")).map(([dtype, a]) => x.cast(dtype, a)),
        tie("number").map(x.broadcast),
        ...(rows ? [ranked.map(x.rank)] : []),
      ),
    };
  }).element;

const scene = fc
  .tuple(
    fc.array(fc.constantFrom(...arithmeticDtypes), { minLength: inputCount, maxLength: inputCount }),
    fc.constantFrom(...arithmeticDtypes),
    shapes,
  )
  .chain(([types, output, [rows, columns]]) =>
    fc.record({
      types: fc.constant(types),
      output: fc.constant(output),
      elements: fc.constant(rows * columns),
      columns: fc.constant(columns),
      inputs: fc.tuple(...types.map((dtype) => tensor(dtype, rows * columns))),
    }),
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

describe.each([
  ["over whole tensors", false],
  ["by rows", true],
] as const)("an emitted kernel %s", (_, rows) => {
  it("equals the scalar interpreter bit for bit, for any expression, types and length", () => {
    fc.assert(
      fc.property(expressions(rows), scene, (expr, run) => {
        const inputs = widen(run.types, run.inputs);
        const byRow = outlineOf({ inputs: run.types, output: { value: expr, stored: "F32" }, statistics: [] }).program.byRow;
        const values = evaluate(expr, { inputs, keys, ...(byRow ? { columns: run.columns } : {}) });
        const expected = encodeFromF32(run.output, values);
        const { result, finite } = runKernel(expr, run);
        expect(Buffer.compare(canonical(run.output, result), canonical(run.output, expected))).toBe(0);
        // The alarm rings exactly when the result is not finite: the inputs of this test are.
        expect(finite).toBe(decodeToF32(run.output, expected).every(Number.isFinite));
      }),
      { numRuns: 400 },
    );
  });
});

describe("an emitted kernel", () => {
  it("reduces to the same bits as the scalar interpreter", () => {
    const element = expressions(false);
    const reductions = fc
      .tuple(element, element, fc.constantFrom("dot", "sum", "max"))
      .map(([a, b, op]) => (op === "dot" ? x.dot(a, b) : op === "sum" ? x.total(a) : x.largestOf(a)));
    fc.assert(
      fc.property(reductions, scene, (number, run) => {
        if (run.elements === 0) return;
        const { reduced } = runKernel(x.add(x.broadcast(number), x.input(0)), run);
        const expected = evaluateNumber(number, { inputs: widen(run.types, run.inputs), keys });
        expect(reduced.at(-1)?.[0]).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("packs the values that are not 0 into bits, and reads them back as ones", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, -0, 1, -3, 2 ** -149), { maxLength: 5000 }), (list) => {
        const values = Float32Array.from(list);
        const bytes = new Uint8Array(values.buffer);
        const shape = { elements: list.length, columns: list.length };
        const packed = runKernel(x.input(0), { inputs: [bytes], types: ["F32"], output: "BITS", ...shape });
        const back = runKernel(x.input(0), { inputs: [packed.result], types: ["BITS"], output: "F32", ...shape });
        expect(decodeToF32("F32", back.result)).toEqual(values.map((v) => (v === 0 ? 0 : 1)));
      }),
      { numRuns: 50 },
    );
  });

  it("orders keys as values", () => {
    const value = fc.float({ noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(Math.sign(keyOfValue(a) - keyOfValue(b))).toBe(a === b ? 0 : Math.sign(a - b) || (a > b ? 1 : -1));
        expect(valueOfKey(keyOfValue(a))).toBe(a + 0);
      }),
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
        x.select(x.kept(x.abs(x.input(0)), x.largest(x.abs(x.input(0)), x.number(1))), x.input(0), x.input(1)),
        x.input(1),
      ];
      for (const elements of [1, 7, 8, 9, 4097]) {
        for (const at of new Set([0, elements >> 1, elements - 1])) {
          for (const bits of special) {
            const bytes = new Uint8Array(elements * dtypes[dtype].sizeBytes);
            const view = new DataView(bytes.buffer);
            if (dtype === "F32") view.setUint32(4 * at, bits, true);
            else view.setUint16(2 * at, bits, true);
            const run = { inputs: [bytes, new Uint8Array(bytes.length)], types: [dtype, dtype], elements, columns: elements };
            for (const expr of exprs) expect(runKernel(expr, { ...run, output: "F32" }).finite).toBe(false);
          }
        }
      }
    },
  );

  it("rings the alarm when a finite value overflows the output type", () => {
    const run = (bytes: ArrayBuffer, output: StoredType) => {
      const elements = bytes.byteLength / 4;
      return runKernel(x.input(0), { inputs: [new Uint8Array(bytes)], types: ["F32"], output, elements, columns: elements });
    };
    expect(run(Float32Array.of(1, 65520, 3).buffer, "F16").finite).toBe(false);
    expect(run(Float32Array.of(1, 65520, 3).buffer, "BF16").finite).toBe(true);
    expect(run(Uint32Array.of(0x7f7fffff).buffer, "BF16").finite).toBe(false);
  });
});
