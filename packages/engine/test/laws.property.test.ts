import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { MergeMethod } from "../src/merge/define-method.ts";
import { type Sample, universalLaws } from "../src/merge/laws.ts";
import { methods } from "../src/merge/methods/index.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

/** Values as they occur in checkpoints, with zeros and tiny ones among them. */
const value = fc.oneof(
  { weight: 8, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 2 ** -149, -(2 ** -130), 1, -1) },
);

function sampleFor({ arity, perParent }: MergeMethod): fc.Arbitrary<Sample> {
  const count = fc.integer({ min: arity.min, max: arity.max ?? 6 });
  return fc.tuple(count, fc.integer({ min: 0, max: 50 })).chain(([parents, length]) => {
    const tensor = fc.array(value, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));
    return fc.record({
      base: tensor,
      parents: fc.array(tensor, { minLength: parents, maxLength: parents }),
      own: fc.array(
        "weight" in perParent.shape ? fc.record({ weight: fc.double({ min: 0.01, max: 2, noNaN: true }) }) : fc.constant({}),
        { minLength: parents, maxLength: parents },
      ),
      t: fc.double({ min: 0, max: 1, noNaN: true }),
    });
  });
}

describe.each(methods.map((method) => ({ id: method.id, method })))("$id", ({ method }) => {
  test.each([...universalLaws, ...method.laws])("$sentence", (law) => {
    fc.assert(
      fc.property(sampleFor(method), (sample) => law.holds(method, sample)),
      { numRuns: 300 },
    );
  });

  test("declares laws of its own and parameters that a form can show", () => {
    expect(method.laws.length).toBeGreaterThan(0);
    for (const [name, schema] of Object.entries(method.params.shape)) {
      expect(schema).toHaveProperty("description", expect.any(String));
      expect(name).toMatch(/^[a-z][A-Za-z]*$/);
    }
  });
});
