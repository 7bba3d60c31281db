import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as x from "../src/expr/expr.ts";
import { exp, ln, tanh } from "../src/expr/index.ts";
import { binOf, keyFromHalves, lowerHalf, nthLargest, upperHalf } from "../src/expr/nth-largest.ts";
import { keyOf, numericEvaluator, statisticsOf } from "../src/expr/numeric.ts";
import { parametrise } from "../src/expr/parametrise.ts";
import { isByRow, programOf, rowReductionsOf } from "../src/expr/program.ts";
import { type RandomKey, randomBits, randomUnit } from "../src/expr/random.ts";
import { bandMargin, sampleRanges, wholeSelection } from "../src/expr/sample.ts";
import { evaluate } from "../src/expr/scalar.ts";
import { solvers } from "../src/expr/solvers.ts";

const i32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(-65536, 65535, 65536),
);

describe("the n-th largest of many keys", () => {
  it("is what sorting gives, with how many are above it and equal to it, whether keys are listed or counted", () => {
    const counted = fc.array(fc.record({ key: i32, count: fc.integer({ min: 1, max: 5 }) }), { maxLength: 3 });
    const chunks = fc.array(fc.array(i32, { maxLength: 40 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(chunks, counted, fc.double({ min: 0, max: 1, noNaN: true }), (lists, more, share) => {
        const all = [...lists.flat(), ...more.flatMap(({ key, count }) => Array.from({ length: count }, () => key))].sort(
          (a, b) => b - a,
        );
        if (all.length === 0) return;
        const n = 1 + Math.floor(share * (all.length - 1));
        const key = all[n - 1] ?? 0;
        const expected = {
          key,
          above: all.filter((other) => other > key).length,
          equal: all.filter((other) => other === key).length,
        };
        expect(
          nthLargest(
            lists.map((list) => Int32Array.from(list)),
            n,
            more,
          ),
        ).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("counts keys that share an upper half together", () => {
    const counted = [1, 2, 3].map((key) => ({ key, count: 5 }));
    expect(nthLargest([], 15, counted)).toEqual({ key: 1, above: 10, equal: 5 });
    expect(nthLargest([Int32Array.of(2, 70_000)], 8, counted)).toEqual({ key: 2, above: 6, equal: 6 });
  });

  it("lies in a bin that is found from above; the first when there are fewer", () => {
    expect([1, 2, 3, 4, 5, 9].map((n) => binOf([2, 0, 3], n))).toEqual([
      { bin: 2, above: 0 },
      { bin: 2, above: 0 },
      { bin: 2, above: 0 },
      { bin: 0, above: 3 },
      { bin: 0, above: 3 },
      { bin: 0, above: 5 },
    ]);
  });

  it("has halves that sort as it does and give it back", () => {
    fc.assert(
      fc.property(i32, i32, (a, b) => {
        expect(keyFromHalves(upperHalf(a), lowerHalf(a))).toBe(a);
        const order = upperHalf(a) - upperHalf(b) || lowerHalf(a) - lowerHalf(b);
        expect(Math.sign(order)).toBe(Math.sign(a - b));
      }),
    );
  });
});

describe("exp and tanh of expressions", () => {
  const over = (f: (a: x.Element) => x.Element, values: Float32Array) => evaluate(f(x.input(0)), { inputs: [values] });
  const worst = (f: (a: x.Element) => x.Element, reference: (a: number) => number, values: Float32Array): number =>
    over(f, values).reduce((most, value, i) => {
      const expected = reference(values[i] ?? 0);
      return Math.max(most, expected === 0 ? Math.abs(value) : Math.abs(value / expected - 1));
    }, 0);
  const grid = (from: number, to: number) => Float32Array.from({ length: 40_001 }, (_, i) => from + ((to - from) * i) / 40_000);

  it("exp is right to 3e-7 from -87 to 88, and held at both ends", () => {
    expect(worst(exp, Math.exp, grid(-87, 88))).toBeLessThan(3e-7);
    expect(worst(exp, Math.exp, grid(-1, 1))).toBeLessThan(1.5e-7);
    const [low, lowest, high, highest] = over(exp, Float32Array.of(-87, -1e9, 88, 1e9));
    expect([lowest, highest]).toEqual([low, high]);
    expect(over(exp, Float32Array.of(0))).toEqual(Float32Array.of(1));
  });

  it("ln is right to 2e-7 of its value from 2^-126 to 2^126, and to 2e-7 near 1", () => {
    const values = Float32Array.from(grid(-126, 126), (power) => 2 ** power);
    for (const [i, found] of over(ln, values).entries()) {
      const wanted = Math.log(values[i] ?? 1);
      expect(Math.abs(found - wanted)).toBeLessThan(2e-7 * Math.max(1, Math.abs(wanted)));
    }
    expect(over(ln, Float32Array.of(1))).toEqual(Float32Array.of(0));
  });

  it("exponent is the power of two below, of normal values of both signs", () => {
    const values = Float32Array.of(1, -1, 1.999, 2, 0.5, 3e38, 2 ** -126, 0, 2 ** -140);
    expect([...over(x.exponent, values)]).toEqual([0, 0, 0, 1, -1, 127, -126, -127, -127]);
  });

  it("tanh is right to 1e-6 everywhere, odd, and 1 far out", () => {
    for (const [from, to] of [
      [-30, 30],
      [-1, 1],
      [-1e-3, 1e-3],
      [0.62, 0.63],
    ] as const)
      expect(worst(tanh, Math.tanh, grid(from, to))).toBeLessThan(1e-6);
    expect(over(tanh, Float32Array.of(0, -0, 100, -100, 1e-30))).toEqual(Float32Array.of(0, -0, 1, -1, 1e-30));
  });
});

describe("random numbers", () => {
  const keys: readonly RandomKey[] = [
    [0, 0],
    [1, 0],
    [0, 1],
    [-5, 77],
    [123456789, -987654321],
  ];
  const count = 1 << 16;
  const stream = (key: RandomKey, from = 0) => Float64Array.from({ length: count }, (_, i) => randomUnit(key, from + i));

  it("are multiples of 2^-24 from 0 to below 1", () => {
    for (const key of keys)
      for (let position = 0; position < 1000; position += 1) {
        const bits = randomBits(key, position);
        expect(Number.isInteger(bits) && bits >= 0 && bits < 2 ** 24).toBe(true);
        expect(randomUnit(key, position)).toBe(bits / 2 ** 24);
      }
  });

  it("fall evenly into 256 bins by their highest and by their lowest bits", () => {
    for (const key of keys)
      for (const shift of [0, 8, 16]) {
        const bins = new Float64Array(256);
        for (let i = 0; i < count; i += 1) {
          const bin = (randomBits(key, i) >>> shift) & 255;
          bins[bin] = (bins[bin] ?? 0) + 1;
        }
        const square = bins.reduce((sum, n) => sum + (n - count / 256) ** 2 / (count / 256), 0);
        // χ² with 255 degrees of freedom: mean 255, standard deviation 22.6
        expect(Math.abs(square - 255)).toBeLessThan(6 * 22.6);
      }
  });

  it("of neighbours, of other keys and of shifted positions have nothing to do with each other", () => {
    const correlation = (a: Float64Array, b: Float64Array): number =>
      (12 / count) * a.reduce((sum, value, i) => sum + (value - 0.5) * ((b[i] ?? 0) - 0.5), 0);
    for (const [i, key] of keys.entries()) {
      for (const other of keys.slice(i + 1)) expect(Math.abs(correlation(stream(key), stream(other)))).toBeLessThan(6 / 256);
      for (const shift of [1, 2, 64, 4096]) expect(Math.abs(correlation(stream(key), stream(key, shift)))).toBeLessThan(6 / 256);
    }
  });

  it("change half of their bits on average when one bit of the key or of the position changes", () => {
    for (let bit = 0; bit < 32; bit += 1) {
      let [byFirst, bySecond, byPosition] = [0, 0, 0];
      const ones = (n: number) => n.toString(2).replaceAll("0", "").length;
      for (let i = 0; i < 256; i += 1) {
        const bits = randomBits([i * 77, i], i);
        byFirst += ones(bits ^ randomBits([(i * 77) ^ (1 << bit), i], i));
        bySecond += ones(bits ^ randomBits([i * 77, i ^ (1 << bit)], i));
        byPosition += ones(bits ^ randomBits([i * 77, i], i ^ (1 << bit)));
      }
      for (const changed of [byFirst, bySecond, byPosition]) expect(Math.abs(changed / 256 - 12)).toBeLessThan(2);
    }
  });

  it("count positions modulo 2^32", () => {
    expect(randomBits([3, 4], 2 ** 32 + 9)).toBe(randomBits([3, 4], 9));
  });
});

describe("the Karcher mean of vectors, from their inner products", () => {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0);
  function mean(
    vectors: readonly (readonly number[])[],
    iterations = 100,
    tolerance = 1e-12,
  ): { at: number[]; c: readonly number[] } {
    const products = vectors.flatMap((a, i) => vectors.slice(i).map((b) => dot(a, b)));
    const c = solvers.karcher([iterations, tolerance, vectors.length, ...products]);
    return { c, at: (vectors[0] ?? []).map((_, k) => vectors.reduce((sum, v, i) => sum + (c[i] ?? 0) * (v[k] ?? 0), 0)) };
  }
  const near = (actual: readonly number[], expected: readonly number[], digits = 9) => {
    expect(actual).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, digits);
  };
  const degrees = (angle: number, length = 1) => [
    length * Math.cos((angle * Math.PI) / 180),
    length * Math.sin((angle * Math.PI) / 180),
  ];

  it.each<[string, number[][], number[]]>([
    ["one vector", [[3, 4]], [3, 4]],
    [
      "two at a right angle",
      [
        [2, 0],
        [0, 2],
      ],
      [Math.SQRT2, Math.SQRT2],
    ],
    [
      "two of different lengths",
      [
        [1, 0],
        [0, 3],
      ],
      degrees(45, 2),
    ],
    ["three on a circle", [degrees(0), degrees(30), degrees(90)], degrees(40)],
    [
      "four on a circle, more than a right angle apart",
      [degrees(-70), degrees(0, 2), degrees(10, 3), degrees(100, 2)],
      degrees(10, 2),
    ],
    [
      "three axes",
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      [1, 1, 1].map((v) => v / Math.sqrt(3)),
    ],
    [
      "the same direction twice",
      [
        [2, 0],
        [4, 0],
      ],
      [3, 0],
    ],
    [
      "a zero vector, which only shortens",
      [
        [2, 0],
        [0, 2],
        [0, 0],
      ],
      degrees(45, 4 / 3),
    ],
    [
      "opposite ones: the first decides",
      [
        [0, 2],
        [0, -4],
      ],
      [0, 3],
    ],
    [
      "opposite ones beside a short one: the first that is long decides",
      [
        [0, 0],
        [0, 2],
        [0, -4],
      ],
      [0, 2],
    ],
    [
      "only zero vectors",
      [
        [0, 0],
        [0, 0],
      ],
      [0, 0],
    ],
  ])("%s", (_, vectors, expected) => near(mean(vectors).at, expected));

  it("leaves nothing to pull: the directions seen from the mean add up to 0", () => {
    const vectors = [
      [1, 0.2, -0.3, 0.1],
      [0.1, 2, 0.4, 0],
      [0.3, 0.1, 1, 0.9],
      [0.5, 0.5, -0.2, 3],
    ];
    const { at } = mean(vectors);
    const unit = (v: readonly number[]) => v.map((value) => value / Math.sqrt(dot(v, v)));
    const centre = unit(at);
    const pull = vectors.map(unit).reduce(
      (sum, u) => {
        const cosine = dot(u, centre);
        const angle = Math.acos(cosine);
        return sum.map((value, k) => value + ((u[k] ?? 0) - cosine * (centre[k] ?? 0)) * (angle / Math.sin(angle)));
      },
      [0, 0, 0, 0],
    );
    near(pull, [0, 0, 0, 0]);
    const lengths = vectors.map((v) => Math.sqrt(dot(v, v)));
    expect(Math.sqrt(dot(at, at))).toBeCloseTo(lengths.reduce((a, b) => a + b) / 4, 9);
  });

  it("takes as many steps as it is told: none, then one along the mean of the tangents", () => {
    const vectors = [degrees(0), degrees(0), degrees(0), degrees(80)];
    const [cosine, sine] = [3 + (degrees(80)[0] ?? 0), degrees(80)[1] ?? 0];
    const start = Math.atan2(sine, cosine);
    near(mean(vectors, 0).at, [Math.cos(start), Math.sin(start)]);
    near(mean(vectors, 1).at, degrees(20));
    near(mean(vectors, 50, 0.2).at, [Math.cos(start), Math.sin(start)]);
  });

  it("stops after its steps although it has not arrived", () => {
    const vectors = [
      [1, 0, 0],
      [0, 1, 0],
      [-0.3, 0.2, 1],
    ];
    const [one, two, all] = [1, 2, 100].map((steps) => mean(vectors, steps).at);
    const distance = (a: readonly number[] = [], b: readonly number[] = []) =>
      Math.hypot(...a.map((value, k) => value - (b[k] ?? 0)));
    expect(distance(one, all)).toBeGreaterThan(3 * distance(two, all));
    expect(distance(two, all)).toBeGreaterThan(1e-9);
  });

  it("starts from the first where the mean direction is no longer than the tolerance, and may go further than a right angle", () => {
    // The mean direction of these two is as long as the cosine of half their angle.
    const apart = (angle: number) => [degrees(0), degrees(angle)];
    near(mean(apart(170), 0, 0.1).at, [1, 0]);
    near(mean(apart(166), 0, 0.1).at, degrees(83));
    // (0 + 130 + 160) / 3, in one step from 0
    near(mean([degrees(0), degrees(130), degrees(160)], 1, 0.5).at, degrees(290 / 3));
  });

  it("counts vectors up to the tolerance for the length alone, and averages when all are so short", () => {
    const short = [0.05, 0];
    near(mean([[0, 1], short], 100, 0.1).at, [0, (1 + 0.05) / 2]);
    near(
      mean(
        [
          [0, 1],
          [0.1, 0],
        ],
        100,
        0.1,
      ).c,
      [0.55, 0],
    );
    near(mean([[0.02, 0], short], 100, 0.1).at, [0.035, 0]);
  });
});

describe("numbers of a tensor", () => {
  const evaluator = () =>
    numericEvaluator({
      elements: 12,
      rows: 3,
      columns: 4,
      measured: (name) => (name === "m" ? 7 : Number.NaN),
      reduction: (node) => (node.op === "dot" ? 5 : 6),
      threshold: () => 0.5,
    });
  const { numeric: n, number } = x;

  it.each<[string, x.Numeric, number]>([
    ["add", n.add(number(2), number(3)), 5],
    ["sub", n.sub(number(2), number(3)), -1],
    ["mul", n.mul(number(2), number(3)), 6],
    ["div", n.div(number(2), number(4)), 0.5],
    ["min", n.min(number(2), number(3)), 2],
    ["max", n.max(number(2), number(3)), 3],
    ["sqrt", n.sqrt(number(9)), 3],
    ["sin", n.sin(number(Math.PI / 2)), 1],
    ["acos", n.acos(number(-1)), Math.PI],
    ["ln", n.ln(number(1)), 0],
    ["floor", n.floor(number(-1.5)), -2],
    ["ifLess: less", n.ifLess(number(1), number(2), number(10), number(20)), 10],
    ["ifLess: equal", n.ifLess(number(2), number(2), number(10), number(20)), 20],
    ["elements", x.size("elements"), 12],
    ["rows", x.size("rows"), 3],
    ["columns", x.size("columns"), 4],
    ["measured", x.measured("m"), 7],
    ["dot", x.dot(x.input(0), x.input(1)), 5],
    ["total", x.total(x.input(0)), 6],
    ["threshold", x.threshold(x.largest(x.input(0), number(1))), 0.5],
    [
      "a solver's second number",
      x.solve("karcher", [number(9), number(1e-9), number(2), number(1), number(0), number(9)], 1),
      (2 * Math.SQRT1_2) / 3,
    ],
    ["a solver's number that is none", x.solve("karcher", [number(9), number(1e-9), number(1), number(1)], 4), Number.NaN],
  ])("%s", (_, expr, expected) => {
    const value = evaluator()(expr);
    if (Number.isNaN(expected)) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(expected, 12);
  });

  it("solves once for all numbers of an answer, and anew for other arguments", () => {
    const evaluate = evaluator();
    const [a, b] = [4, 9].map((square) => x.solve("karcher", [number(9), number(1e-9), number(1), number(square)], 0));
    const both = [a, b].map((each) => evaluate(each ?? number(0)));
    expect(both).toEqual([1, 1]);
    const mean = (length: number) =>
      x.solve("karcher", [number(9), number(1e-9), number(2), number(1), number(0), number(length)], 0);
    expect([mean(1), mean(9)].map((each) => evaluate(each))).not.toEqual([evaluate(mean(1)), evaluate(mean(1))]);
  });
});

describe("keys of expressions", () => {
  const { input, constant } = x;
  const deep = (leaf: x.Element, depth = 40): x.Element => (depth === 0 ? leaf : x.add(deep2(leaf, depth - 1), constant(depth)));
  const deep2 = (leaf: x.Element, depth: number): x.Element => {
    const below = deep(leaf, depth);
    return x.mul(below, below);
  };
  const different: readonly (x.Element | x.Numeric | x.Selection)[] = [
    ...[0, 1, 2, 10].map(input),
    ...[0, -0, 1, -1, 0.5].map(constant),
    ...[0, 1].map(x.random),
    x.add(input(0), input(1)),
    x.add(input(1), input(0)),
    x.sub(input(0), input(1)),
    x.abs(input(0)),
    x.neg(input(0)),
    x.cast("F16", input(0)),
    x.cast("BF16", input(0)),
    x.total(input(0)),
    x.total(input(0), "row"),
    x.largestOf(input(0)),
    x.largest(input(0), x.number(1)),
    x.largest(input(0), x.number(1), "all"),
    x.largest(input(0), x.number(2)),
    x.numeric.add(x.number(1), x.number(2)),
    x.numeric.add(x.number(1), x.number(-2)),
    x.numeric.min(x.number(1), x.number(2)),
    ...Array.from({ length: 40 }, (_, i) => deep(input(i))),
    ...Array.from({ length: 40 }, (_, i) => deep(input(0), i + 1)),
    ...Array.from({ length: 40 }, (_, i) => x.sum(Array.from({ length: 9 }, (__, k) => input(k === 8 ? i : k)))),
  ];

  it("are equal for equal trees alone", () => {
    const seen = new Set(different.map(keyOf));
    // deep(input(0)) of depth 40 stands there twice.
    expect(seen.size).toBe(different.length - 1);
    expect(keyOf(deep(input(3)))).toBe(keyOf(deep(input(3))));
  });

  it("are digests of 128 bits where they would be long, as they have always been", () => {
    expect(keyOf(x.abs(input(0)))).toBe('{kind:"unary",op:"abs",a:{kind:"input",index:0}}');
    expect(keyOf(deep(input(0)))).toMatch(/^#[0-9a-z]+(-[0-9a-z]+){3}$/);
  });
});

describe("the passes of an expression", () => {
  const { input } = x;
  const reduction = (number: x.Numeric): x.Reduction => {
    if (number.kind !== "reduce") throw new Error(`A ${number.kind} is no reduction.`);
    return number;
  };
  const sum = reduction(x.total(input(0)));
  const squared = reduction(x.total(x.mul(input(0), x.broadcast(sum))));
  const of: x.TensorSelection = x.largest(x.abs(input(0)), x.numeric.mul(x.number(0.5), sum));
  const byRow = reduction(x.total(input(0), "row"));

  it("are as many as statistics use each other, each statistic in the first that can find it", () => {
    const plain = programOf([x.add(input(0), input(1))]);
    expect(plain).toEqual({ byRow: false, levels: [] });
    const kept = x.select(x.kept(x.abs(input(0)), of), x.broadcast(squared), x.broadcast(x.numeric.add(sum, x.number(0))));
    expect(programOf([kept]).levels).toEqual([
      { reductions: [sum], selections: [] },
      { reductions: [squared], selections: [of] },
    ]);
    expect(programOf([squared, sum]).levels.map(({ reductions }) => reductions)).toEqual([[sum], [squared]]);
    expect(programOf([x.broadcast(x.threshold(of))]).levels.map(({ selections }) => selections)).toEqual([[], [of]]);
  });

  it("find first what the border of a survey's selection uses", () => {
    const found: x.Selection = { kind: "found", threshold: sum, cut: x.measured("cut") };
    expect(programOf([x.select(x.kept(input(0), found), input(0), input(1))]).levels).toEqual([
      { reductions: [sum], selections: [] },
    ]);
    const measured = x.select(x.kept(input(0), x.foundInModel("m")), input(0), input(1));
    expect(programOf([measured])).toEqual({ byRow: false, levels: [] });
  });

  it("are no more for statistics of rows, which every pass finds for itself, those first that others use", () => {
    const second = x.total(x.mul(input(0), x.broadcast(byRow)), "row");
    const root = x.broadcast(x.numeric.add(second, byRow));
    expect(programOf([root])).toEqual({ byRow: true, levels: [] });
    expect(rowReductionsOf([root])).toEqual([byRow, second]);
    expect(rowReductionsOf([x.broadcast(sum)])).toEqual([]);
    const over = x.total(x.broadcast(second));
    expect(programOf([x.broadcast(over)])).toEqual({ byRow: true, levels: [{ reductions: [over], selections: [] }] });
  });

  it("see rows wherever they are", () => {
    const deep = x.largest(x.mul(input(0), x.broadcast(byRow)), x.number(1));
    for (const root of [
      byRow,
      x.rank(input(0)),
      x.broadcast(byRow),
      deep,
      reduction(x.total(x.rank(input(0)))),
      x.broadcast(x.threshold(deep)),
    ])
      expect(isByRow([input(1), root])).toBe(true);
    for (const root of [input(0), sum, squared, of, x.broadcast(x.threshold(of)), x.random(0)])
      expect(isByRow([root])).toBe(false);
    expect(isByRow([x.broadcast(x.numeric.add(sum, x.size("columns")))])).toBe(false);
    // How many a selection keeps may depend on a sum over values of rows.
    expect(isByRow([x.largest(input(0), x.total(x.broadcast(byRow)))])).toBe(true);
  });

  it("name each statistic of some numbers once, in order", () => {
    const all = [x.numeric.add(sum, squared), sum, x.threshold(of), x.solve("karcher", [byRow], 0), x.number(1)];
    expect(statisticsOf(all)).toEqual([sum, squared, of, byRow]);
  });
});

/** Independent draws from the normal distribution. */
function normals(seed: number): () => number {
  let at = 0;
  const unit = (): number => randomUnit([seed, 0], at++);
  return () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}

describe("the sample of a tensor", () => {
  const sizes = [1, 4096, wholeSelection, wholeSelection + 1, 1e6 + 7, 5e7 + 3, 1e9];

  it("is a part of it, in order, without overlap, of about 65,536 values to 2,097,152", () => {
    for (const elements of sizes) {
      const ranges = sampleRanges({ elements, columns: elements }, false);
      let end = 0;
      for (const { begin, count } of ranges) {
        expect(begin).toBeGreaterThanOrEqual(end);
        expect(begin % 256).toBe(0);
        expect(count).toBeGreaterThan(0);
        end = begin + count;
      }
      expect(end).toBeLessThanOrEqual(elements);
      const total = ranges.reduce((sum, { count }) => sum + count, 0);
      expect(total).toBeGreaterThan(Math.min(elements, 65536) - 256);
      expect(total).toBeLessThanOrEqual(2097152 + 256);
      // Evenly: one in each of equal strata.
      const stratum = elements / ranges.length;
      for (const [i, { begin }] of ranges.entries())
        expect(Math.abs(begin + 128 - (i + 0.5) * stratum)).toBeLessThanOrEqual(stratum / 2 + 256);
    }
    expect(sampleRanges({ elements: 1e7, columns: 1e7 }, false)).toHaveLength(Math.ceil(1e7 / 128 / 256));
  });

  it("says where a border lies, also where rows and columns have scales of their own", () => {
    for (const [seed, spreadOfRows] of [0, 0.2, 0.5, 1].entries())
      for (const columns of [512, 1000]) {
        const next = normals(seed);
        const elements = 640 * columns;
        const scales = Array.from({ length: columns }, () => Math.exp(next()));
        const values = new Float32Array(elements);
        for (let at = 0, row = 1; at < elements; at += 1) {
          if (at % columns === 0) row = Math.exp(spreadOfRows * next());
          values[at] = Math.abs(row * (scales[at % columns] ?? 1) * next());
        }
        const keys = new Int32Array(values.buffer);
        const sorted = keys.slice().sort();
        const ranges = sampleRanges({ elements, columns }, false);
        const sample = Int32Array.from(ranges.flatMap(({ begin, count }) => [...keys.subarray(begin, begin + count)]));
        const counts = ranges.map(({ count }) => count);
        for (const share of [0.01, 0.1, 0.2, 0.5, 0.9]) {
          const border = sorted[elements - Math.floor(share * elements)] ?? 0;
          const rank = sample.filter((key) => key >= border).length;
          const own = nthLargest([sample], Math.round(share * sample.length)).key;
          const margin = bandMargin(sample, counts, own);
          expect(Math.abs(rank - share * sample.length)).toBeLessThan(margin);
          // Where nothing tells rows apart the band is as narrow as for independent draws, or nearly.
          const independent = 5 * Math.sqrt(share * (1 - share) * sample.length) + 16;
          if (spreadOfRows === 0) expect(margin).toBeLessThan(1.5 * independent);
        }
      }
  });

  it("is whole rows where rows matter", () => {
    for (const [rows, columns] of [
      [1, 200_000],
      [2, 100_000],
      [1000, 999],
      [200_000, 1],
    ] as const) {
      const ranges = sampleRanges({ elements: rows * columns, columns }, true);
      for (const { begin, count } of ranges) expect([begin % columns, count]).toEqual([0, columns]);
      expect(new Set(ranges.map(({ begin }) => begin)).size).toBe(ranges.length);
      expect(ranges).toHaveLength(Math.min(rows, Math.ceil(65536 / columns)));
    }
  });
});

describe("an expression whose constants are taken out", () => {
  const { input, constant, number } = x;
  const tensors = [Float32Array.of(1, -2, 3, -4, 0.5, 0), Float32Array.of(2, 2, -1, 4, 9, -9)];
  const everything = (a: number, b: number): x.Element => {
    const selection = x.largest(x.abs(x.mul(input(0), constant(a))), x.numeric.add(number(b), number(0)));
    const numbers = x.numeric.add(
      x.total(x.mul(input(0), constant(b))),
      x.dot(x.mul(input(0), constant(a)), x.mul(input(1), constant(b))),
    );
    const means = x.solve("karcher", [number(9), number(1e-6), number(1), x.numeric.max(number(1), x.total(constant(a)))], 0);
    const found: x.Selection = { kind: "found", threshold: number(a), cut: number(b) };
    return x.sum([
      x.select(x.kept(x.abs(x.mul(input(0), constant(a))), selection), constant(a), x.neg(constant(b))),
      x.select(x.lessThan(input(0), constant(b)), x.broadcast(numbers), x.cast("BF16", constant(a))),
      x.select(x.kept(x.add(input(0), constant(b)), found), constant(1), constant(-0)),
      x.broadcast(x.numeric.mul(x.threshold(selection), means)),
      x.broadcast(x.numeric.div(x.numeric.mul(number(a), x.size("elements")), x.measured("known"))),
      x.random(1),
      x.rank(input(1)),
    ]);
  };
  const bits = (values: Float32Array) => [...new Int32Array(values.buffer)];

  it.each([
    [0.3, 2.5],
    [1, 0],
    [0, 1],
    [-0, 3],
    [2, 2],
    [1e-30, -7],
  ])("is the same to the bit with %f and %f", (a, b) => {
    const { value, constants } = parametrise(everything(a, b));
    const scene = { inputs: tensors, keys: [[1, 2] as const, [3, 4] as const], columns: 6 };
    const known = { known: 3 };
    const expected = evaluate(everything(a, b), { ...scene, measured: known });
    expect(bits(evaluate(value, { ...scene, measured: { ...constants, ...known } }))).toEqual(bits(expected));
  });

  it("is one tree for all constants but 0 and 1, and names equal ones once", () => {
    const trees = [
      [0.25, 2.5],
      [5, 7],
      [-3, 0.125],
    ].map(([a = 0, b = 0]) => parametrise(everything(a, b)));
    expect(new Set(trees.map(({ value }) => keyOf(value))).size).toBe(1);
    expect(Object.values(trees[1]?.constants ?? {})).toEqual(expect.arrayContaining([5, 7]));
    expect(new Set(Object.values(trees[0]?.constants ?? {})).size).toBe(Object.keys(trees[0]?.constants ?? {}).length);
    expect(parametrise(x.add(constant(1), constant(0))).constants).toEqual({});
    expect(parametrise(x.mul(constant(3), constant(3))).constants).toEqual({ "constant.0": 3 });
    expect(Object.values(parametrise(x.add(constant(-0), input(0))).constants)).toEqual([-0]);
  });
});
