import { expect } from "vitest";
import type { MergeMethod } from "../src/merge/define-method.ts";
import { type MergeValues, mergeValues } from "../src/merge/merge-values.ts";
import { methods } from "../src/merge/methods/index.ts";

export function method(id: string): MergeMethod {
  const found = methods.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`There is no method ${id}.`);
  return found;
}

export const f32 = (...values: number[]) => Float32Array.from(values);

/** Parents from plain numbers, on a base of zeros unless one is given. */
export function merged(id: string, parents: readonly (readonly number[])[], rest: Partial<MergeValues> = {}): Float32Array {
  const tensors = parents.map((values) => Float32Array.from(values));
  return mergeValues(method(id), { base: new Float32Array(tensors[0]?.length ?? 0), ...rest, parents: tensors });
}

export function expectClose(actual: Float32Array, expected: readonly number[], digits = 5): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, digits);
}
