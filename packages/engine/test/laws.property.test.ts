import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { add, broadcast, constant, type Element, input, mul, neg, total } from "../src/expr/expr.ts";
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
  lambda: fc.double({ min: 0, max: 1.5, noNaN: true }),
  examples: fc.double({ min: 0.1, max: 1000, noNaN: true }),
  scale: fc.double({ min: -2, max: 2, noNaN: true }),
};

const information = fc.double({ min: 1e-3, max: 5, noNaN: true });

/** What was measured of a model: of a method that interpolates, at three λ. */
function measuredOf({ statistics }: MergeMethod, length: number): fc.Arbitrary<{ lambda: number; values: Float32Array }[]> {
  const lambdas = statistics?.at === "scaled" ? [0, 0.5, 1.5] : [1];
  const values = fc.array(information, { minLength: length, maxLength: length }).map((list) => Float32Array.from(list));
  return fc.tuple(...lambdas.map((lambda) => values.map((found) => ({ lambda, values: found }))));
}

function ownOf({ perParent }: MergeMethod): fc.Arbitrary<Values> {
  const known = Object.entries(settings).filter(([name]) => name in perParent.shape);
  return fc.record(Object.fromEntries(known)).map((own): Values => {
    const { density = 0.5, epsilon } = own;
    return epsilon === undefined ? own : { ...own, epsilon: Math.min(epsilon, 0.99 * Math.min(density, 1 - density)) };
  });
}

/** Of inputs of a layer: a little of everything, so that the matrix is well conditioned. */
function gramOf(columns: number): fc.Arbitrary<{ lambda: number; values: Float32Array }[]> {
  const rows = columns + 2;
  const inputs = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns });
  return inputs.map((x) => {
    const values = Float32Array.from({ length: columns * columns }, (_, at) => {
      const [a, b] = [Math.floor(at / columns), at % columns];
      let sum = a === b ? 0.2 : 0;
      for (let row = 0; row < rows; row += 1) sum += (x[row * columns + a] ?? 0) * (x[row * columns + b] ?? 0);
      return sum;
    });
    return [{ lambda: 1, values }];
  });
}

function statisticsOf(method: MergeMethod, length: number, parents: number, columns: number) {
  const own = method.statistics?.kind === "gram" ? gramOf(columns) : measuredOf(method, length);
  const all = fc.array(own, { minLength: parents, maxLength: parents });
  if (method.statistics?.of === "parents") return fc.record({ parents: all });
  return fc.record({ parents: all, base: own.map(([first]) => first?.values ?? new Float32Array()) });
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
      ...(method.statistics !== undefined && { statistics: statisticsOf(method, length, parents, columns) }),
    });
  });
}

/** Ways to be wrong: too much, nothing, mirrored, a bystander, by the number of inputs, by their order, across rows. */
const mistakes: readonly ((value: Element, inputs: number) => Element)[] = [
  (value) => add(value, constant(1)),
  (value) => mul(value, constant(1.25)),
  () => constant(0),
  neg,
  () => input(0),
  (_, inputs) => input(inputs - 1),
  (value, inputs) => mul(value, constant(inputs)),
  (value, inputs) => add(value, input(Math.min(1, inputs - 1))),
  (value) => add(value, broadcast(total(value))),
];

const broken = (method: MergeMethod, mistake: (typeof mistakes)[number]): MergeMethod => ({
  ...method,
  build(built) {
    const inputs = built.parents.length + (built.base === null ? 0 : 1);
    return method.build(built).map((output) => ({ ...output, value: mistake(output.value, inputs) }));
  },
});

/** Adapters are merged by matrices, which have laws of their own. */
const isByElement = ({ output }: { readonly output: string }): boolean => output !== "adapter";

describe.each(methods.map((method) => ({ id: method.id, method })))("$id", ({ method }) => {
  test.each([...(isByElement(method) ? universalLaws : []), ...method.laws])("$sentence", (law) => {
    fc.assert(
      fc.property(sampleFor(method), (sample) => law.holds(method, sample)),
      { numRuns: law.costly ? 4 : 100 },
    );
  });

  test.skipIf(!isByElement(method) || method.prepare !== null).each(method.laws)(
    "a method that is wrong breaks it: $sentence",
    (law) => {
      const isBroken = (mistake: (typeof mistakes)[number]) => {
        const property = fc.property(sampleFor(method), (sample) => law.holds(broken(method, mistake), sample));
        return fc.check(property, { numRuns: 30, endOnFailure: true }).failed;
      };
      expect(mistakes.some(isBroken)).toBe(true);
    },
  );

  test("declares laws of its own and settings that a form can show", () => {
    expect(method.laws.length).toBeGreaterThan(0);
    for (const [name, schema] of [...Object.entries(method.params.shape), ...Object.entries(method.perParent.shape)]) {
      expect(schema).toHaveProperty("description", expect.any(String));
      expect(name).toMatch(/^[a-z][A-Za-z]*$/);
    }
  });
});
