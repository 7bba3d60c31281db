import { absSum, broadcast, type Element, mul, number, numeric } from "../../expr/expr.ts";

const { div, ifLess } = numeric;

/** kept · Σ|whole| / Σ|kept|, tensor by tensor; as it is when nothing is kept. */
export function asLargeAs(whole: Element, kept: Element): Element {
  const [before, after] = [absSum(whole), absSum(kept)];
  return mul(kept, broadcast(ifLess(number(0), after, div(before, after), number(1))));
}
