import { roundThrough } from "../tensor/codec.ts";
import { blockElements, blockSum, combineBlocks } from "./blocks.ts";
import type { BinaryOp, Comparison, Condition, Element, Numeric, Reduction, TensorSelection, UnaryOp } from "./expr.ts";
import { keyOf, numericEvaluator } from "./numeric.ts";
import { type RandomKey, randomUnit } from "./random.ts";

const integers = 2 ** 23;

/** Nearest integer, ties to even; keeps the sign of a zero. */
function nearest(a: number): number {
  if (!(Math.abs(a) < integers)) return a;
  const magnitude = Math.fround(Math.fround(Math.abs(a) + integers) - integers);
  return a < 0 || Object.is(a, -0) ? -magnitude : magnitude;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The exponent's field of the f32, without its bias. */
function exponent(a: number): number {
  float[0] = a;
  return (((bits[0] ?? 0) >>> 23) & 255) - 127;
}

// f64 arithmetic on f32 operands, rounded to f32, equals f32 arithmetic for + − × ÷ √: 53 bits are more than 2·24 + 2.
const unaryOps: Readonly<Record<UnaryOp, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sqrt: (a) => Math.fround(Math.sqrt(a)),
  nearest,
  powerOfTwo: (a) => 2 ** a,
  exponent,
};
const binaryOps: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => Math.fround(a + b),
  sub: (a, b) => Math.fround(a - b),
  mul: (a, b) => Math.fround(a * b),
  div: (a, b) => Math.fround(a / b),
  min: Math.min,
  max: Math.max,
};
const compareOps: Readonly<Record<Comparison["op"], (a: number, b: number) => boolean>> = {
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  eq: (a, b) => a === b,
};

/** One tensor of every model, and what else an expression may ask for. */
export interface Scene {
  /** Tensors of equal length, f32, numbered as in the expression */
  readonly inputs: readonly Float32Array[];
  /** Elements of a row, for an expression by rows; else the tensor counts as one row */
  readonly columns?: number;
  /** Key of each random stream */
  readonly keys?: readonly RandomKey[];
  readonly measured?: Readonly<Record<string, number>>;
}

/** Evaluates an expression over whole tensors by plain loops: slow, obvious, and the oracle of every faster interpreter. */
export const evaluate = (expr: Element, scene: Scene): Float32Array => new Interpreter(scene).element(expr);

/** Value of a number of the whole tensor. */
export const evaluateNumber = (expr: Numeric, scene: Scene): number => new Interpreter(scene).number(expr);

class Interpreter {
  readonly #scene: Scene;
  readonly #length: number;
  readonly #columns: number;
  readonly #elements = new Map<string, Float32Array>();
  readonly #reductions = new Map<string, Float64Array>();
  readonly #borders = new Map<string, Border>();

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#length = scene.inputs[0]?.length ?? 0;
    this.#columns = scene.columns ?? this.#length;
  }

  element(expr: Element): Float32Array {
    const key = keyOf(expr);
    const known = this.#elements.get(key) ?? this.#element(expr);
    this.#elements.set(key, known);
    return known;
  }

  number(expr: Numeric): number {
    return this.#evaluator(0)(expr);
  }

  #element(expr: Element): Float32Array {
    switch (expr.kind) {
      case "input":
        return new Float32Array(this.#scene.inputs[expr.index] ?? []);
      case "constant":
        return new Float32Array(this.#length).fill(expr.value);
      case "broadcast":
        return this.#byRow((evaluator) => Math.fround(evaluator(expr.number)));
      case "random": {
        const key = this.#scene.keys?.[expr.stream] ?? [0, 0];
        return Float32Array.from({ length: this.#length }, (_, i) => randomUnit(key, i));
      }
      case "rank":
        return this.#ranks(this.element(expr.a));
      case "unary":
        return this.element(expr.a).map(unaryOps[expr.op]);
      case "cast":
        return roundThrough(expr.dtype, this.element(expr.a));
      case "binary": {
        const [a, b, op] = [this.element(expr.a), this.element(expr.b), binaryOps[expr.op]];
        return a.map((value, i) => op(value, b[i] ?? 0));
      }
      case "select": {
        const [holds, yes, no] = [this.#condition(expr.if), this.element(expr.yes), this.element(expr.no)];
        return yes.map((value, i) => (holds(i) ? value : (no[i] ?? 0)));
      }
    }
  }

  #condition(condition: Condition): (index: number) => boolean {
    const a = this.element(condition.a);
    if (condition.kind === "compare") {
      const [b, op] = [this.element(condition.b), compareOps[condition.op]];
      return (i) => op(a[i] ?? 0, b[i] ?? 0);
    }
    const { by } = condition;
    const border =
      by.kind === "ofTensor" ? this.#border(by) : { threshold: Math.fround(this.number(by.threshold)), cut: this.number(by.cut) };
    return (i) => (a[i] ?? 0) > border.threshold || ((a[i] ?? 0) === border.threshold && i <= border.cut);
  }

  #border(selection: TensorSelection): Border {
    const key = keyOf(selection);
    const known = this.#borders.get(key) ?? borderOf(this.element(selection.of), this.number(selection.keep), selection.ties);
    this.#borders.set(key, known);
    return known;
  }

  /** One value for each row, given to its elements. */
  #byRow(value: (evaluator: (expr: Numeric) => number) => number): Float32Array {
    const result = new Float32Array(this.#length);
    for (let row = 0; row * this.#columns < this.#length; row += 1)
      result.fill(value(this.#evaluator(row)), row * this.#columns, (row + 1) * this.#columns);
    return result;
  }

  #evaluator(row: number): (expr: Numeric) => number {
    return numericEvaluator({
      elements: this.#length,
      columns: this.#columns,
      rows: this.#columns === 0 ? 0 : this.#length / this.#columns,
      measured: (name) => this.#scene.measured?.[name] ?? Number.NaN,
      reduction: (node) => this.#reduction(node)[node.scope === "row" ? row : 0] ?? Number.NaN,
      threshold: (of) => this.#border(of).threshold,
    });
  }

  #reduction(node: Reduction): Float64Array {
    const key = keyOf(node);
    const known = this.#reductions.get(key) ?? this.#reduce(node);
    this.#reductions.set(key, known);
    return known;
  }

  /** A tensor of one row is cut into blocks as it is; of several rows, each row begins a block of its own. */
  #reduce(node: Reduction): Float64Array {
    const a = this.element(node.a);
    const b = node.op === "dot" ? this.element(node.b) : null;
    const term = (i: number): number => (b === null ? (a[i] ?? 0) : (a[i] ?? 0) * (b[i] ?? 0));
    const ofRange = (begin: number, end: number): number[] => {
      const blocks: number[] = [];
      for (let at = begin; at < end; at += blockElements) {
        const stop = Math.min(end, at + blockElements);
        blocks.push(
          node.op === "max" ? a.subarray(at, stop).reduce((x, y) => Math.max(x, y), -Infinity) : blockSum(at, stop, term),
        );
      }
      return blocks;
    };
    const combine = (blocks: readonly number[]): number =>
      node.op === "max" ? blocks.reduce((x, y) => Math.max(x, y), -Infinity) : combineBlocks(blocks);
    const rows = Array.from({ length: this.#columns === 0 ? 0 : Math.ceil(this.#length / this.#columns) }, (_, row) =>
      ofRange(row * this.#columns, (row + 1) * this.#columns),
    );
    return Float64Array.from(node.scope === "row" ? rows.map(combine) : [combine(rows.flat())]);
  }

  #ranks(values: Float32Array): Float32Array {
    const result = new Float32Array(values.length);
    for (let begin = 0; begin < values.length; begin += this.#columns) {
      const order = Array.from({ length: this.#columns }, (_, i) => begin + i);
      order.sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0) || i - j);
      order.forEach((index, place) => {
        result[index] = place;
      });
    }
    return result;
  }
}

interface Border {
  readonly threshold: number;
  /** Position of the last value equal to the threshold that is kept */
  readonly cut: number;
}

/** The smallest of the `keep` largest values, and up to where values equal to it are kept. */
function borderOf(values: Float32Array, keep: number, ties: TensorSelection["ties"]): Border {
  const wanted = Math.min(values.length, Math.max(0, Math.floor(keep)));
  if (wanted === 0) return { threshold: Number.POSITIVE_INFINITY, cut: -1 };
  const threshold = values.slice().sort().at(-wanted) ?? 0;
  if (ties === "all") return { threshold, cut: values.length };
  let left = wanted - values.reduce((above, value) => above + (value > threshold ? 1 : 0), 0);
  const cut = values.findIndex((value) => value === threshold && --left === 0);
  return { threshold, cut };
}
