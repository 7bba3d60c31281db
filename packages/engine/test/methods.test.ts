import { describe, expect, it } from "vitest";
import type { MergeMethod } from "../src/merge/define-method.ts";
import { mergeValues } from "../src/merge/merge-values.ts";
import { methods } from "../src/merge/methods/index.ts";
import { arccosine, sine } from "../src/tensor/trigonometry.ts";

const method = (id: string): MergeMethod => {
  const found = methods.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`There is no method ${id}.`);
  return found;
};
const f32 = (...values: number[]) => Float32Array.from(values);

// Worked by hand, so that the laws cannot hold of a method that computes something else.
describe("examples worked by hand", () => {
  it("linear: (1·2 + 3·6) / 4 = 5", () => {
    const values = { base: null, parents: [f32(2, 0), f32(6, -4)], own: [{ weight: 1 }, { weight: 3 }] };
    expect(mergeValues(method("linear"), values)).toEqual(f32(5, -3));
    expect(mergeValues(method("linear"), { ...values, params: { normalize: false } })).toEqual(f32(20, -12));
  });

  it("task arithmetic: 10 + 0.5·(2·(12 − 10) + (7 − 10)) = 10.5, and a task vector counts as it is", () => {
    const values = { base: f32(10), parents: [f32(12), f32(7)], own: [{ weight: 2 }], params: { lambda: 0.5 } };
    expect(mergeValues(method("task_arithmetic"), values)).toEqual(f32(10.5));
    expect(
      mergeValues(method("task_arithmetic"), { ...values, parents: [f32(2), f32(7)], spaces: ["delta", "weights"] }),
    ).toEqual(f32(10.5));
  });

  it("task vector: 12 − 10 = 2", () => {
    expect(mergeValues(method("task_vector"), { base: f32(10), parents: [f32(12)] })).toEqual(f32(2));
  });

  it.each<[string, number, Float32Array, Float32Array, readonly number[]]>([
    ["a third of a right angle is 30 degrees", 1 / 3, f32(1, 0), f32(0, 1), [Math.sqrt(3) / 2, 0.5]],
    ["lengths are kept apart from directions", 0.5, f32(2, 0), f32(0, 4), [Math.SQRT2, 2 * Math.SQRT2]],
    ["60 degrees, half way", 0.5, f32(1, 0), f32(0.5, Math.sqrt(3) / 2), [Math.sqrt(3) / 2, 0.5]],
    ["parallel tensors are blended linearly", 0.25, f32(1, 2), f32(2, 4), [1.25, 2.5]],
    ["opposite tensors are blended linearly", 0.25, f32(1, 2), f32(-1, -2), [0.5, 1]],
    ["a tensor of zeros is blended linearly", 0.25, f32(0, 0), f32(4, 8), [1, 2]],
  ])("slerp: %s", (_, t, a, b, expected) => {
    const merged = mergeValues(method("slerp"), { base: null, parents: [a, b], params: { t } });
    for (const [i, value] of expected.entries()) expect(merged[i]).toBeCloseTo(value, 6);
  });
});

describe("our own sine and arc cosine", () => {
  it("agree with the library to 1e-15 absolute on their ranges", () => {
    let [sineError, cosineError] = [0, 0];
    for (let i = 0; i <= 10_000; i += 1) {
      const x = (i / 10_000) * Math.PI;
      sineError = Math.max(sineError, Math.abs(sine(x) - Math.sin(x)));
      const c = -1 + i / 5000;
      cosineError = Math.max(cosineError, Math.abs(arccosine(c) - Math.acos(c)));
    }
    expect(sineError).toBeLessThan(1e-15);
    expect(cosineError).toBeLessThan(2e-15);
    expect([arccosine(1), arccosine(-1), sine(0)]).toEqual([0, Math.PI, 0]);
  });
});
