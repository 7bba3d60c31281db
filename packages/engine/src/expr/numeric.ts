import { arccosine, sine } from "../tensor/trigonometry.ts";
import type { Element, Numeric, NumericOp, Reduction } from "./expr.ts";

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
  ifLess: ([a = 0, b = 0, yes = 0, no = 0]) => (a < b ? yes : no),
};

/** Value of a number of the tensor, given the value of each reduction. */
export function evaluateNumeric(expr: Numeric, reduction: (node: Reduction) => number): number {
  if (expr.kind === "number") return expr.value;
  if (expr.kind === "reduce") return reduction(expr);
  return apply[expr.op](expr.args.map((arg) => evaluateNumeric(arg, reduction)));
}

/** Text that is equal for equal subtrees; compilers use it to compute each subtree once. */
export const keyOf = (node: Element | Numeric): string =>
  JSON.stringify(node, (_, value) => (Object.is(value, -0) ? "-0" : value));

/** The numbers that an expression broadcasts, each once, in order of first use. */
export function broadcasts(expr: Element): Numeric[] {
  const found = new Map<string, Numeric>();
  const visit = (node: Element): void => {
    if (node.kind === "broadcast") found.set(keyOf(node.number), node.number);
    for (const child of children(node)) visit(child);
  };
  visit(expr);
  return [...found.values()];
}

/** The reductions inside numbers, each once, in order of first use. */
export function reductions(numbers: readonly Numeric[]): Reduction[] {
  const found = new Map<string, Reduction>();
  const visit = (node: Numeric): void => {
    if (node.kind === "reduce") found.set(keyOf(node), node);
    else if (node.kind === "math") node.args.forEach(visit);
  };
  numbers.forEach(visit);
  return [...found.values()];
}

/** Operands of an element-wise node. */
export function children(node: Element): readonly Element[] {
  switch (node.kind) {
    case "unary":
    case "cast":
      return [node.a];
    case "binary":
      return [node.a, node.b];
    case "select":
      return [node.if.a, node.if.b, node.yes, node.no];
    default:
      return [];
  }
}
