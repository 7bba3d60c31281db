import { constant, div, type Element, sum } from "../../expr/expr.ts";

/** (1/M)·Σᵢ xᵢ in f32, in the order of the parents. */
export const meanOf = (parents: readonly { readonly value: Element }[]): Element =>
  div(sum(parents.map(({ value }) => value)), constant(parents.length));
