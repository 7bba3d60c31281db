import { roundThrough } from "../tensor/codec.ts";
import { blockCount, blockElements, blockSum, combineBlocks } from "./blocks.ts";
import type { BinaryOp, Condition, Element, Reduction, UnaryOp } from "./expr.ts";
import { evaluateNumeric } from "./numeric.ts";

// f64 arithmetic on f32 operands, rounded to f32, equals f32 arithmetic for + − × ÷ √: 53 bits are more than 2·24 + 2.
const unaryOps: Readonly<Record<UnaryOp, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sqrt: (a) => Math.fround(Math.sqrt(a)),
};
const binaryOps: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => Math.fround(a + b),
  sub: (a, b) => Math.fround(a - b),
  mul: (a, b) => Math.fround(a * b),
  div: (a, b) => Math.fround(a / b),
  min: Math.min,
  max: Math.max,
};
const compareOps: Readonly<Record<Condition["op"], (a: number, b: number) => boolean>> = {
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  eq: (a, b) => a === b,
};

/**
 * Evaluates an expression over whole tensors by plain loops: slow, obvious, and the oracle of every faster interpreter.
 * @param inputs tensors of equal length, f32, numbered as in the expression
 * @returns a new array of f32
 */
export function evaluate(expr: Element, inputs: readonly Float32Array[]): Float32Array {
  const length = inputs[0]?.length ?? 0;
  switch (expr.kind) {
    case "input":
      return new Float32Array(inputs[expr.index] ?? []);
    case "constant":
      return new Float32Array(length).fill(expr.value);
    case "broadcast":
      return new Float32Array(length).fill(evaluateNumeric(expr.number, (node) => reduce(node, inputs)));
    case "unary":
      return evaluate(expr.a, inputs).map(unaryOps[expr.op]);
    case "cast":
      return roundThrough(expr.dtype, evaluate(expr.a, inputs));
    case "binary": {
      const [a, b, op] = [evaluate(expr.a, inputs), evaluate(expr.b, inputs), binaryOps[expr.op]];
      return a.map((value, i) => op(value, b[i] ?? 0));
    }
    case "select": {
      const [a, b, holds] = [evaluate(expr.if.a, inputs), evaluate(expr.if.b, inputs), compareOps[expr.if.op]];
      const [yes, no] = [evaluate(expr.yes, inputs), evaluate(expr.no, inputs)];
      return a.map((value, i) => (holds(value, b[i] ?? 0) ? (yes[i] ?? 0) : (no[i] ?? 0)));
    }
  }
}

/** Value of a reduction over whole tensors, added up as `blocks.ts` defines. */
export function reduce(node: Reduction, inputs: readonly Float32Array[]): number {
  const a = evaluate(node.a, inputs);
  const b = node.op === "dot" ? evaluate(node.b, inputs) : null;
  const term = (i: number) => (b === null ? Math.abs(a[i] ?? 0) : (a[i] ?? 0) * (b[i] ?? 0));
  const sums = Array.from({ length: blockCount(a.length) }, (_, block) => {
    const begin = block * blockElements;
    return blockSum(begin, Math.min(a.length, begin + blockElements), term);
  });
  return combineBlocks(sums);
}
