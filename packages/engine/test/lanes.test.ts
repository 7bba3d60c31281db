import { describe, expect, it } from "vitest";
import * as x from "../src/expr/expr.ts";
import { evaluate } from "../src/expr/scalar.ts";
import { decodeToF32, encodeFromF32 } from "../src/tensor/codec.ts";
import { runKernel } from "./run-kernel.ts";

/** Two groups of eight and a part of one: every place that a value can have in a kernel's registers. */
const elements = 19;
const places = Array.from({ length: elements }, (_, i) => i);
const ordinary = Float32Array.from(places, (i) => (i % 2 === 0 ? 1 : -1) * 1.37 ** (i - 9));
const run = (values: Float32Array, output: "F32" | "F16" | "BF16" | "BITS", expr: x.Element = x.input(0)) =>
  runKernel(expr, { inputs: [new Uint8Array(values.buffer)], types: ["F32"], output, elements, columns: elements });
const f32Of = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
const withOne = (place: number, value: number) => ordinary.map((other, i) => (i === place ? value : other));

describe.each(["F32", "F16", "BF16"] as const)("a result in %s", (output) => {
  const tooLarge = { F32: [], F16: [65520, 70_000, 3e38], BF16: [f32Of(0x7f7f8000), f32Of(0x7f7fffff)] }[output];
  const largest = { F32: f32Of(0x7f7fffff), F16: 65519.996, BF16: f32Of(0x7f7f7fff) }[output];

  it("raises the alarm for one value that is too large, infinite or not a number, at any place", () => {
    for (const place of places)
      for (const value of [...tooLarge, Number.POSITIVE_INFINITY, Number.NaN])
        for (const one of [value, -value]) expect(run(withOne(place, one), output).finite, `${one} at ${place}`).toBe(false);
  });

  it("is finite and rounded as it should be up to the largest value, at any place", () => {
    for (const place of places)
      for (const value of [largest, -largest, 0, -0, 2 ** -149, -(2 ** -24), 2 ** -25, 6.1e-5, 32768, -40_000.5, 1.0009765625]) {
        const values = withOne(place, value);
        if (output === "F16" && Math.abs(value) > 65520) continue;
        const { result, finite } = run(values, output);
        expect(finite, `${value} at ${place}`).toBe(true);
        expect(Buffer.compare(result, encodeFromF32(output, values)), `${value} at ${place}`).toBe(0);
      }
  });

  it("keeps rounding the other values of a group in which one is special", () => {
    for (const place of places)
      for (const value of [...tooLarge, Number.NaN, Number.NEGATIVE_INFINITY]) {
        const values = withOne(place, value);
        const [actual, expected] = [run(values, output).result, encodeFromF32(output, values)].map((bytes) =>
          decodeToF32(output, bytes),
        );
        expect(actual, `${value} at ${place}`).toEqual(expected);
      }
  });
});

it("a bit is set exactly where a value is not 0, at any place", () => {
  const nothing = new Float32Array(elements);
  for (const place of places) {
    const { result } = run(
      nothing.map((_, i) => (i === place ? -(2 ** -149) : i % 2 === 0 ? 0 : -0)),
      "BITS",
    );
    // The last value is repeated to the end of its group.
    const expected = new Uint8Array(3);
    expected[place >> 3] = 1 << (place & 7);
    if (place === elements - 1) expected[2] = 0xfc;
    expect(result).toEqual(expected);
  }
});

it("reductions and selections see every place once, and none behind the end", () => {
  const ones = x.add(x.mul(x.constant(0), x.input(0)), x.constant(1));
  for (const place of places) {
    const values = withOne(place, 1e6);
    const sums = [x.total(x.input(0)), x.dot(x.input(0), ones), x.largestOf(x.input(0)), x.absSum(x.input(0))];
    const { reduced } = run(values, "F32", x.sum(sums.map(x.broadcast)));
    const exact = [...values].reduce((a, b) => a + b, 0);
    expect(reduced[0]?.[0]).toBeCloseTo(exact, 6);
    expect(reduced[0]?.[1]).toBeCloseTo(exact, 6);
    expect(reduced[0]?.[2]).toBe(1e6);
    expect(reduced[0]?.[3]).toBeCloseTo(
      [...values].reduce((a, b) => a + Math.abs(b), 0),
      6,
    );
    const keep = x.select(x.kept(x.input(0), x.largest(x.input(0), x.number(1))), x.constant(1), x.constant(0));
    expect([...new Float32Array(run(values, "F32", keep).result.buffer)]).toEqual(places.map((i) => (i === place ? 1 : 0)));
    const least = [...values.map((v) => -v)];
    const keepAll = x.select(
      x.kept(x.neg(x.input(0)), x.largest(x.neg(x.input(0)), x.number(elements - 1))),
      x.constant(1),
      x.constant(0),
    );
    const lowest = least.indexOf(Math.min(...least));
    expect([...new Float32Array(run(values, "F32", keepAll).result.buffer)]).toEqual(places.map((i) => (i === lowest ? 0 : 1)));
  }
});

it("an infinity is seen although a minimum or a maximum hides it, at any place", () => {
  for (const place of places)
    for (const [expr, value] of [
      [x.min(x.input(0), x.constant(2)), Number.POSITIVE_INFINITY],
      [x.max(x.input(0), x.constant(2)), Number.NEGATIVE_INFINITY],
      [x.min(x.constant(2), x.neg(x.input(0))), Number.NEGATIVE_INFINITY],
      [x.div(x.constant(2), x.mul(x.input(0), x.constant(3))), Number.NEGATIVE_INFINITY],
      [x.select(x.lessThan(x.constant(0), x.input(0)), x.constant(1), x.constant(2)), Number.NaN],
    ] as const)
      expect(run(withOne(place, value), "F32", expr).finite, `${expr.kind} at ${place}`).toBe(false);
});

it.each([
  3,
  -3,
  0.1,
  6,
  10,
  2,
  -2,
  0.5,
  -0.25,
  1,
  2 ** 126,
  -(2 ** 127),
  2 ** -126,
  2 ** -127,
  2 ** -128,
  -(2 ** -130),
  2 ** -149,
  1e-40,
  3e38,
])("division and multiplication by %f round as they should", (by) => {
  // Small enough that no quotient overflows.
  const values = Float32Array.from(places, (i) => Math.fround((i - 9) * 1.1 ** i * Math.min(1, Math.abs(by))));
  for (const op of [x.div, x.mul]) {
    for (const expr of [op(x.input(0), x.constant(by)), op(x.input(0), x.broadcast(x.number(by)))]) {
      const { result } = run(values, "F32", expr);
      expect([...new Int32Array(result.buffer)]).toEqual([...new Int32Array(evaluate(expr, { inputs: [values] }).buffer)]);
    }
  }
  expect(evaluate(x.div(x.input(0), x.constant(by)), { inputs: [values] })).toEqual(values.map((v) => v / Math.fround(by)));
});

it("a choice of 0 or of −0 keeps its sign, whichever side it stands on", () => {
  const isLarge = x.lessThan(x.constant(1), x.input(0));
  for (const zero of [x.constant(0), x.constant(-0)])
    for (const expr of [
      x.select(isLarge, x.input(0), zero),
      x.select(isLarge, zero, x.input(0)),
      x.select(isLarge, zero, x.constant(-0)),
    ]) {
      const { result } = run(ordinary, "F32", expr);
      expect([...new Int32Array(result.buffer)]).toEqual([...new Int32Array(evaluate(expr, { inputs: [ordinary] }).buffer)]);
    }
});

const bitsOf = (values: Float32Array) => [...new Int32Array(values.buffer, values.byteOffset, values.length)];
const resultOf = (values: Float32Array, expr: x.Element) => new Float32Array(run(values, "F32", expr).result.buffer);

it("comparisons tell equal values, and zeros of either sign, from others", () => {
  const [yes, no] = [x.constant(3), x.constant(5)];
  const values = Float32Array.from(
    places,
    (i) => [0, -0, 1, -1, 1 + 2 ** -23, 2 ** -149, -(2 ** -149), 1 - 2 ** -24][i % 8] ?? 0,
  );
  for (const compare of [x.lessThan, x.atMost, x.equal])
    for (const border of [0, -0, 1, -1, 2 ** -149])
      for (const condition of [compare(x.input(0), x.constant(border)), compare(x.constant(border), x.input(0))]) {
        const expr = x.select(condition, yes, no);
        expect(bitsOf(resultOf(values, expr))).toEqual(bitsOf(evaluate(expr, { inputs: [values] })));
      }
});

it("a selection orders values of both signs, keep as many as it may", () => {
  const some = Float32Array.from(places, (i) => [-3, 0, 2.5, -0, -1e-40, 7, -3, 1e30, -1e30, 2.5, 1e-40][i % 11] ?? 0);
  for (const values of [ordinary, some])
    for (const of of [x.input(0), x.neg(x.input(0)), x.abs(x.input(0))])
      for (const ties of ["first", "all"] as const)
        for (let keep = 0; keep <= elements; keep += 1) {
          const expr = x.select(x.kept(of, x.largest(of, x.number(keep), ties)), x.constant(1), x.constant(0));
          expect([...resultOf(values, expr)], `${keep} ${ties}`).toEqual([...evaluate(expr, { inputs: [values] })]);
        }
});

it("what lies behind the last value of a tensor or of a row raises no alarm", () => {
  const reciprocal = x.div(x.constant(1), x.input(0));
  const byRow = x.div(reciprocal, x.broadcast(x.total(x.input(0), "row")));
  for (const columns of [1, 2, 3, 7, 8, 9, 13])
    for (const type of ["F32", "F16", "BF16"] as const) {
      const values = Float32Array.from({ length: 5 * columns }, (_, i) => 1 + (i % 7));
      const shape = { inputs: [encodeFromF32(type, values)], types: [type], elements: values.length, columns };
      for (const expr of [reciprocal, byRow]) {
        const { result, finite } = runKernel(expr, { ...shape, output: "F32" });
        expect(finite, `${type} in rows of ${columns}`).toBe(true);
        expect(bitsOf(new Float32Array(result.buffer))).toEqual(bitsOf(evaluate(expr, { inputs: [values], columns })));
      }
    }
});

it("an expression may ask for the numbers of elements, of rows and of columns", () => {
  const sizes = (["elements", "rows", "columns"] as const).map((of, i) => x.mul(x.constant(1000 ** i), x.broadcast(x.size(of))));
  const values = new Float32Array(12);
  const shape = { inputs: [new Uint8Array(values.buffer)], types: ["F32" as const], elements: 12, columns: 4 };
  const { result } = runKernel(x.sum(sizes), { ...shape, output: "F32" });
  expect([...new Float32Array(result.buffer)]).toEqual([...values.fill(12 + 3000 + 4_000_000)]);
});
