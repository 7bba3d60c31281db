import { z } from "zod";
import { abs, constant, type Element, lessThan, select, sum } from "../../expr/expr.ts";

export const activity = () =>
  z.number().min(0).max(1e3).default(1e-5).describe("A parent is active where its task vector is larger than this");

export interface Active {
  readonly vector: Element;
  /** A value where this parent is active, else 0 */
  only(value: Element): Element;
}

/** Where parents are active, |τᵢ| > ε, and how many of them are, entry by entry. */
export function activityOf(parents: readonly { readonly delta: Element }[], epsilon: number) {
  const active = parents.map(({ delta }): Active => {
    const isActive = lessThan(constant(epsilon), abs(delta));
    return { vector: delta, only: (value) => select(isActive, value, constant(0)) };
  });
  return { active, count: sum(active.map(({ only }) => only(constant(1)))) };
}
