/**
 * The language of merge methods: element-wise expressions over the tensors of a merge, computed in f32, with numbers per tensor
 * (reductions and arithmetic on them) computed in f64. A tree is plain data: it is interpreted by `scalar.ts` (the oracle),
 * compiled by `wasm/`, and travels to workers.
 */

/** One f32 value for each element of a tensor. */
export type Element =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "broadcast"; readonly number: Numeric }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly a: Element }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly a: Element; readonly b: Element }
  | { readonly kind: "select"; readonly if: Condition; readonly yes: Element; readonly no: Element }
  | { readonly kind: "cast"; readonly dtype: "F16" | "BF16"; readonly a: Element };

export type UnaryOp = "neg" | "abs" | "sqrt";
export type BinaryOp = "add" | "sub" | "mul" | "div" | "min" | "max";

/** One truth value for each element. */
export interface Condition {
  readonly kind: "compare";
  readonly op: "lt" | "le" | "eq";
  readonly a: Element;
  readonly b: Element;
}

/** One f64 for a whole tensor. */
export type Numeric =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "reduce"; readonly op: "dot"; readonly a: Element; readonly b: Element }
  | { readonly kind: "reduce"; readonly op: "absSum"; readonly a: Element }
  | { readonly kind: "math"; readonly op: NumericOp; readonly args: readonly Numeric[] };

export type Reduction = Extract<Numeric, { kind: "reduce" }>;
export type NumericOp = "add" | "sub" | "mul" | "div" | "min" | "max" | "sqrt" | "sin" | "acos" | "ifLess";

// Element-wise. Every operation rounds its result to f32; sums run in the order in which they are written.

/** Value of the k-th tensor of the merge: base first when there is one, then the parents. */
export const input = (index: number): Element => ({ kind: "input", index });
/** A number, rounded to f32. */
export const constant = (value: number): Element => ({ kind: "constant", value: Math.fround(value) });
/** A number of the whole tensor, rounded to f32 and given to every element. */
export const broadcast = (number: Numeric): Element => ({ kind: "broadcast", number });

const binary =
  (op: BinaryOp) =>
  (a: Element, b: Element): Element => ({ kind: "binary", op, a, b });
export const add = binary("add");
export const sub = binary("sub");
export const mul = binary("mul");
export const div = binary("div");
/** The smaller; NaN when either is NaN. */
export const min = binary("min");
export const max = binary("max");

const unary =
  (op: UnaryOp) =>
  (a: Element): Element => ({ kind: "unary", op, a });
export const neg = unary("neg");
export const abs = unary("abs");
export const sqrt = unary("sqrt");

const compare =
  (op: Condition["op"]) =>
  (a: Element, b: Element): Condition => ({ kind: "compare", op, a, b });
export const lessThan = compare("lt");
export const atMost = compare("le");
export const equal = compare("eq");
export const select = (condition: Condition, yes: Element, no: Element): Element => ({
  kind: "select",
  if: condition,
  yes,
  no,
});

/** Rounds to a 16-bit type and widens again. */
export const cast = (dtype: "F16" | "BF16", a: Element): Element => ({ kind: "cast", dtype, a });

/** First plus second plus third …, from left to right. */
export function sum(terms: readonly Element[]): Element {
  const [first, ...rest] = terms;
  return rest.reduce(add, first ?? constant(0));
}

// Numbers of a tensor.

export const number = (value: number): Numeric => ({ kind: "number", value });
/** Σ aᵢ·bᵢ: products of f32 values are exact in f64, sums as defined in `blocks.ts`. */
export const dot = (a: Element, b: Element): Numeric => ({ kind: "reduce", op: "dot", a, b });
/** Σ |aᵢ| */
export const absSum = (a: Element): Numeric => ({ kind: "reduce", op: "absSum", a });

const math = (op: NumericOp, ...args: Numeric[]): Numeric => ({ kind: "math", op, args });
export const numeric = {
  add: (a: Numeric, b: Numeric) => math("add", a, b),
  sub: (a: Numeric, b: Numeric) => math("sub", a, b),
  mul: (a: Numeric, b: Numeric) => math("mul", a, b),
  div: (a: Numeric, b: Numeric) => math("div", a, b),
  min: (a: Numeric, b: Numeric) => math("min", a, b),
  max: (a: Numeric, b: Numeric) => math("max", a, b),
  sqrt: (a: Numeric) => math("sqrt", a),
  /** For 0 ≤ a ≤ π */
  sin: (a: Numeric) => math("sin", a),
  /** For -1 ≤ a ≤ 1 */
  acos: (a: Numeric) => math("acos", a),
  /** `yes` when a < b, else `no` */
  ifLess: (a: Numeric, b: Numeric, yes: Numeric, no: Numeric) => math("ifLess", a, b, yes, no),
};
