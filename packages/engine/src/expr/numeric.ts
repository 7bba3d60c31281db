import { arccosine, logarithm, sine } from "../tensor/trigonometry.ts";
import type { Condition, Element, Numeric, NumericOp, Reduction, Selection, TensorSelection } from "./expr.ts";
import { solvers } from "./solvers.ts";

const apply: Readonly<Record<NumericOp, (args: readonly number[]) => number>> = {
  add: ([a = 0, b = 0]) => a + b,
  sub: ([a = 0, b = 0]) => a - b,
  mul: ([a = 0, b = 0]) => a * b,
  div: ([a = 0, b = 0]) => a / b,
  min: ([a = 0, b = 0]) => Math.min(a, b),
  max: ([a = 0, b = 0]) => Math.max(a, b),
  sqrt: ([a = 0]) => Math.sqrt(a),
  sin: ([a = 0]) => sine(a),
  acos: ([a = 0]) => arccosine(a),
  ln: ([a = 0]) => logarithm(a),
  floor: ([a = 0]) => Math.floor(a),
  ifLess: ([a = 0, b = 0, yes = 0, no = 0]) => (a < b ? yes : no),
};

/** Where the numbers of a tensor come from. */
export interface NumericContext {
  readonly elements: number;
  readonly rows: number;
  readonly columns: number;
  measured(name: string): number;
  reduction(node: Reduction): number;
  threshold(of: TensorSelection): number;
}

/** Evaluates numbers in one context, each distinct node once. */
export function numericEvaluator(context: NumericContext): (expr: Numeric) => number {
  const known = new Map<Numeric, number>();
  const answers = new Map<string, readonly number[]>();
  const compute = (expr: Numeric): number => {
    switch (expr.kind) {
      case "number":
        return expr.value;
      case "size":
        return context[expr.of];
      case "measured":
        return context.measured(expr.name);
      case "reduce":
        return context.reduction(expr);
      case "threshold":
        return context.threshold(expr.of);
      case "math":
        return apply[expr.op](expr.args.map(evaluate));
      case "solve": {
        const args = expr.args.map(evaluate);
        const key = `${expr.solver} ${args.join()}`;
        const answer = answers.get(key) ?? solvers[expr.solver](args);
        answers.set(key, answer);
        return answer[expr.index] ?? Number.NaN;
      }
    }
  };
  const evaluate = (expr: Numeric): number => {
    const before = known.get(expr);
    if (before !== undefined) return before;
    const value = compute(expr);
    known.set(expr, value);
    return value;
  };
  return evaluate;
}

const keys = new WeakMap<object, string>();

/**
 * Text that is equal for equal subtrees; compilers use it to compute each subtree once. Where it would be long it is a digest, as
 * written out it would grow exponentially with the depth of trees that use a subtree twice.
 */
export function keyOf(node: Element | Numeric | Selection | Condition): string {
  let key = keys.get(node);
  if (key === undefined) {
    const text = `{${Object.entries(node).map(([name, value]) => `${name}:${keyOfValue(value)}`)}}`;
    key = text.length <= 80 ? text : digest(text);
    keys.set(node, key);
  }
  return key;
}

/** 128 bits: four lanes of xor and multiplication, mixed with each other at the end. */
function digest(text: string): string {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return `#${[a, b, c, d].map((word) => (word >>> 0).toString(36)).join("-")}`;
}

function keyOfValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyOfValue).join()}]`;
  if (typeof value === "object" && value !== null) return keyOf(value as Element);
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}

/** Element-wise operands of an element-wise node. */
export function children(node: Element): readonly Element[] {
  switch (node.kind) {
    case "unary":
    case "cast":
    case "rank":
      return [node.a];
    case "binary":
      return [node.a, node.b];
    case "select":
      return node.if.kind === "compare" ? [node.if.a, node.if.b, node.yes, node.no] : [node.if.a, node.yes, node.no];
    default:
      return [];
  }
}

/** Numbers that a node uses directly: of a broadcast, and the borders of a selection. */
export function numbersOf(node: Element): readonly Numeric[] {
  if (node.kind === "broadcast") return [node.number];
  if (node.kind !== "select" || node.if.kind !== "kept") return [];
  const { by } = node.if;
  return by.kind === "found" ? [by.threshold, by.cut] : [{ kind: "threshold", of: by }];
}

/** Every distinct node of some element-wise trees, operands first; not what is inside their numbers. */
export function elementsOf(roots: readonly Element[]): Element[] {
  const found = new Map<string, Element>();
  const visit = (node: Element): void => {
    if (found.has(keyOf(node))) return;
    for (const child of children(node)) visit(child);
    found.set(keyOf(node), node);
  };
  roots.forEach(visit);
  return [...found.values()];
}

/** A number that is found by looking at every element. */
export type Statistic = Reduction | TensorSelection;

/** The statistics that some numbers use directly, each once, in order of first use; not those inside the statistics' own elements. */
export function statisticsOf(numbers: readonly Numeric[]): Statistic[] {
  const found = new Map<string, Statistic>();
  const visited = new Set<Numeric>();
  const visit = (node: Numeric): void => {
    if (visited.has(node)) return;
    visited.add(node);
    if (node.kind === "reduce") found.set(keyOf(node), node);
    else if (node.kind === "threshold") found.set(keyOf(node.of), node.of);
    else if (node.kind === "math" || node.kind === "solve") node.args.forEach(visit);
  };
  numbers.forEach(visit);
  return [...found.values()];
}

/** Element-wise trees that a statistic looks at. */
export function elementsOfStatistic(statistic: Statistic): readonly Element[] {
  if (statistic.kind === "ofTensor") return [statistic.of];
  return statistic.op === "dot" ? [statistic.a, statistic.b] : [statistic.a];
}
