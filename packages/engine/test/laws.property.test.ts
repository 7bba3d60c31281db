import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { MergeMethod, Values } from "../src/merge/define-method.ts";
import { type Sample, universalLaws } from "../src/merge/laws.ts";
import { methods } from "../src/merge/methods/index.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 120_000 });

/** Values as they occur in checkpoints, with zeros and tiny ones among them. */
const value = fc.oneof(
  { weight: 8, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 2 ** -149, -(2 ** -130), 1, -1) },
);
const share = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1) },
);

/** What a recipe may say for a parent, as far as the method knows it. */
const settings: Readonly<Record<string, fc.Arbitrary<number>>> = {
  weight: fc.double({ min: 0.01, max: 2, noNaN: true }),
  density: share,
  gamma: share,
  epsilon: fc.double({ min: 0, max: 0.5, noNaN: true }),
  scale: fc.double({ min: -2, max: 2, noNaN: true }),
};

function ownOf({ perParent }: MergeMethod): fc.Arbitrary<Values> {
  const known = Object.entries(settings).filter(([name]) => name in perParent.shape);
  return fc.record(Object.fromEntries(known)).map((own): Values => {
    const { density = 0.5, epsilon } = own;
    return epsilon === undefined ? own : { ...own, epsilon: Math.min(epsilon, 0.99 * Math.min(density, 1 - density)) };
  });
}

function sampleFor(method: MergeMethod): fc.Arbitrary<Sample> {
  const { arity } = method;
  const count = fc.integer({ min: arity.min, max: arity.max ?? 6 });
  const rows = fc.integer({ min: 1, max: 5 });
  return fc.tuple(count, rows, fc.integer({ min: 0, max: 12 })).chain(([parents, height, columns]) => {
    const length = height * columns;
    const tensor = fc.array(value, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));
    const each = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: parents, maxLength: parents });
    const task = fc.record({ mask: tensor.map((values) => values.map((x) => (x > 0 ? 1 : 0))), scaler: share });
    return fc.record({
      base: tensor,
      withBase: fc.boolean(),
      parents: each(tensor),
      own: each(ownOf(method)),
      params: fc.constant("task" in method.params.shape ? { task: "a" } : {}),
      columns: fc.constant(columns),
      seed: fc.nat(),
      t: share,
      ...(method.accepts.includes("tasks") && { tasks: each(task) }),
    });
  });
}

describe.each(methods.map((method) => ({ id: method.id, method })))("$id", ({ method }) => {
  test.each([...universalLaws, ...method.laws])("$sentence", (law) => {
    fc.assert(
      fc.property(sampleFor(method), (sample) => law.holds(method, sample)),
      { numRuns: law.costly ? 4 : 100 },
    );
  });

  test("declares laws of its own and settings that a form can show", () => {
    expect(method.laws.length).toBeGreaterThan(0);
    for (const [name, schema] of [...Object.entries(method.params.shape), ...Object.entries(method.perParent.shape)]) {
      expect(schema).toHaveProperty("description", expect.any(String));
      expect(name).toMatch(/^[a-z][A-Za-z]*$/);
    }
  });
});
