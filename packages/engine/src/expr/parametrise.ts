import { broadcast, type Condition, type Element, measured, type Numeric, type Selection } from "./expr.ts";

export interface Parametrised {
  readonly value: Element;
  /** What `value` reads as measured numbers */
  readonly constants: Readonly<Record<string, number>>;
}

/** These stay: the compiler has short cuts for them. */
const isPlain = (value: number): boolean => value === 1 || Object.is(value, 0);

/**
 * The same expression with its constants taken out, so that tensors whose settings differ can share a kernel. Equal constants stay
 * one; the bits of the result stay the same.
 */
export function parametrise(value: Element): Parametrised {
  const constants: Record<string, number> = {};
  const names = new Map<number, string>();
  const known = new Map<object, object>();
  const nameOf = (constant: number): string => {
    const name = names.get(constant) ?? `constant.${names.size}`;
    names.set(constant, name);
    constants[name] = constant;
    return name;
  };
  const once = <Node extends object>(node: Node, make: () => Node): Node => {
    const made = known.get(node) ?? make();
    known.set(node, made);
    return made as Node;
  };
  const number = (node: Numeric): Numeric =>
    once(node, () => {
      switch (node.kind) {
        case "number":
          return isPlain(node.value) ? node : measured(nameOf(node.value));
        case "reduce":
          return node.op === "dot" ? { ...node, a: element(node.a), b: element(node.b) } : { ...node, a: element(node.a) };
        case "threshold":
          return { ...node, of: { ...node.of, of: element(node.of.of), keep: number(node.of.keep) } };
        case "math":
        case "solve":
          return { ...node, args: node.args.map(number) };
        default:
          return node;
      }
    });
  const selection = (node: Selection): Selection =>
    once(node, () =>
      node.kind === "found"
        ? { ...node, threshold: number(node.threshold), cut: number(node.cut) }
        : { ...node, of: element(node.of), keep: number(node.keep) },
    );
  const condition = (node: Condition): Condition =>
    once(node, () =>
      node.kind === "kept"
        ? { ...node, a: element(node.a), by: selection(node.by) }
        : { ...node, a: element(node.a), b: element(node.b) },
    );
  const element = (node: Element): Element =>
    once(node, (): Element => {
      switch (node.kind) {
        case "constant":
          return isPlain(node.value) ? node : broadcast(measured(nameOf(node.value)));
        case "broadcast":
          return { ...node, number: number(node.number) };
        case "unary":
        case "cast":
          return { ...node, a: element(node.a) };
        case "binary":
          return { ...node, a: element(node.a), b: element(node.b) };
        case "select":
          return { ...node, if: condition(node.if), yes: element(node.yes), no: element(node.no) };
        default:
          return node;
      }
    });
  return { value: element(value), constants };
}
