/**
 * The language of merge methods: element-wise expressions over the tensors of a merge, computed in f32, with numbers per tensor or
 * per row (statistics and arithmetic on them) computed in f64. A tree is plain data: it is interpreted by `scalar.ts` (the
 * oracle), compiled by `wasm/`, and travels to workers.
 *
 * A row is one step along the first axis, all other axes flattened; a tensor with fewer than two axes is one row.
 */

/** One f32 value for each element of a tensor. */
export type Element =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "broadcast"; readonly number: Numeric }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly a: Element }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly a: Element; readonly b: Element }
  | { readonly kind: "select"; readonly if: Condition; readonly yes: Element; readonly no: Element }
  | { readonly kind: "cast"; readonly dtype: "F16" | "BF16"; readonly a: Element }
  | { readonly kind: "random"; readonly stream: number }
  | { readonly kind: "rank"; readonly a: Element };

export type UnaryOp = "neg" | "abs" | "sqrt" | "nearest" | "powerOfTwo" | "exponent";
export type BinaryOp = "add" | "sub" | "mul" | "div" | "min" | "max";

/** One truth value for each element. */
export type Condition = Comparison | { readonly kind: "kept"; readonly a: Element; readonly by: Selection };

export interface Comparison {
  readonly kind: "compare";
  readonly op: "lt" | "le" | "eq";
  readonly a: Element;
  readonly b: Element;
}

/**
 * The largest values of a tensor. `ofTensor`: the `keep` largest of `of`; equal values at the border are kept by position from
 * the front ("first", exactly `keep` values) or all of them ("all"). `found`: values above a threshold measured elsewhere, and
 * those equal to it up to a position (-1: none).
 */
export type Selection =
  | { readonly kind: "ofTensor"; readonly of: Element; readonly keep: Numeric; readonly ties: TiePolicy }
  | { readonly kind: "found"; readonly threshold: Numeric; readonly cut: Numeric };
export type TiePolicy = "first" | "all";
export type TensorSelection = Extract<Selection, { kind: "ofTensor" }>;

/** One f64 for a whole tensor, or for each of its rows. */
export type Numeric =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "size"; readonly of: "elements" | "rows" | "columns" }
  | { readonly kind: "measured"; readonly name: string }
  | Reduction
  | { readonly kind: "threshold"; readonly of: TensorSelection }
  | { readonly kind: "math"; readonly op: NumericOp; readonly args: readonly Numeric[] }
  | { readonly kind: "solve"; readonly solver: Solver; readonly args: readonly Numeric[]; readonly index: number };

/** Over the elements of the tensor, or of each row. */
export type Scope = "tensor" | "row";
export type Reduction =
  | { readonly kind: "reduce"; readonly op: "dot"; readonly scope: Scope; readonly a: Element; readonly b: Element }
  | { readonly kind: "reduce"; readonly op: "sum" | "max"; readonly scope: Scope; readonly a: Element };

export type NumericOp = "add" | "sub" | "mul" | "div" | "min" | "max" | "sqrt" | "sin" | "acos" | "ln" | "floor" | "ifLess";

/** Algorithms on a handful of numbers that are no formula; see `solvers.ts`. */
export type Solver = "karcher";

// Element-wise. Every operation rounds its result to f32; sums run in the order in which they are written.

/** Value of the k-th tensor of the merge: base first when there is one, then the parents. */
export const input = (index: number): Element => ({ kind: "input", index });
/** A number, rounded to f32. */
export const constant = (value: number): Element => ({ kind: "constant", value: Math.fround(value) });
/** A number of the tensor or of the row, rounded to f32 and given to every element. */
export const broadcast = (number: Numeric): Element => ({ kind: "broadcast", number });
/**
 * Uniform in [0, 1), a multiple of 2^-24. The value depends on seed, tensor name, content of the tensor that is input number
 * `stream`, and position alone (`random.ts`), so it can be asked for again in another pass.
 */
export const random = (stream: number): Element => ({ kind: "random", stream });
/** Place of each value in its row, ascending from 0; equal values by position. `a` may use inputs and constants only. */
export const rank = (a: Element): Element => ({ kind: "rank", a });

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
/** Nearest integer, ties to even. */
export const nearest = unary("nearest");
/** 2^a for an integer a from -126 to 127. */
export const powerOfTwo = unary("powerOfTwo");
/** ⌊log₂ |a|⌋ of a normal a; -127 for what is smaller, 128 for infinity and NaN. */
export const exponent = unary("exponent");

const compare =
  (op: Comparison["op"]) =>
  (a: Element, b: Element): Condition => ({ kind: "compare", op, a, b });
export const lessThan = compare("lt");
export const atMost = compare("le");
export const equal = compare("eq");
/** Whether a value is among those that a selection keeps; `a` is the value that the selection ranks. */
export const kept = (a: Element, by: Selection): Condition => ({ kind: "kept", a, by });
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

/** The `keep` largest values of `of` in the tensor; `keep` is rounded down and held between 0 and the number of elements. */
export const largest = (of: Element, keep: Numeric, ties: TiePolicy = "first"): TensorSelection => ({
  kind: "ofTensor",
  of,
  keep,
  ties,
});
/** A selection over the whole model that a survey has measured under this name. */
export const foundInModel = (name: string): Selection => ({
  kind: "found",
  threshold: measured(`${name}.threshold`),
  cut: measured(`${name}.cut`),
});

// Numbers.

export const number = (value: number): Numeric => ({ kind: "number", value });
/** Number of elements, rows, or elements of a row. */
export const size = (of: "elements" | "rows" | "columns"): Numeric => ({ kind: "size", of });
/** A number that a survey of the model gave to this tensor. */
export const measured = (name: string): Numeric => ({ kind: "measured", name });
/** Σ aᵢ·bᵢ: products of f32 values are exact in f64, sums as defined in `blocks.ts`. */
export const dot = (a: Element, b: Element, scope: Scope = "tensor"): Numeric => ({ kind: "reduce", op: "dot", scope, a, b });
/** Σ aᵢ */
export const total = (a: Element, scope: Scope = "tensor"): Numeric => ({ kind: "reduce", op: "sum", scope, a });
/** Largest aᵢ */
export const largestOf = (a: Element, scope: Scope = "tensor"): Numeric => ({ kind: "reduce", op: "max", scope, a });
/** Σ |aᵢ| */
export const absSum = (a: Element, scope: Scope = "tensor"): Numeric => total(abs(a), scope);
/** How many elements fulfil a condition. */
export const count = (condition: Condition): Numeric => total(select(condition, constant(1), constant(0)));
/** The smallest value that a selection keeps; infinity when it keeps none. */
export const threshold = (of: TensorSelection): Numeric => ({ kind: "threshold", of });
/** The `index`-th number of a solver's answer. */
export const solve = (solver: Solver, args: readonly Numeric[], index: number): Numeric => ({
  kind: "solve",
  solver,
  args,
  index,
});

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
  /** For a > 0 */
  ln: (a: Numeric) => math("ln", a),
  floor: (a: Numeric) => math("floor", a),
  /** `yes` when a < b, else `no` */
  ifLess: (a: Numeric, b: Numeric, yes: Numeric, no: Numeric) => math("ifLess", a, b, yes, no),
};
