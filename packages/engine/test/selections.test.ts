import { describe, expect, it, vi } from "vitest";
import * as x from "../src/expr/expr.ts";
import { sampleRanges, wholeSelection } from "../src/expr/sample.ts";
import { firstDifference, runStages, type StagedTensor } from "./run-stages.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const magnitude = x.abs(x.input(0));
const zero = x.constant(0);
/** What stays of a tensor, as 1 and 0. */
const keptOf = (keep: x.Numeric, ties: x.TiePolicy = "first", of: x.Element = magnitude): x.Element =>
  x.select(x.kept(of, x.largest(of, keep, ties)), x.constant(1), zero);
const share = (of: number): x.Numeric => x.numeric.mul(x.number(of), x.size("elements"));

/** Numbers from -1 to 1, the same for the same seed. */
function noise(elements: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: elements }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >> 7) * 2 ** -24;
  });
}

function expectSame(tensors: readonly StagedTensor[], severalWorkers = false): void {
  for (const [i, { fault, actual, expected }] of runStages(tensors, severalWorkers).entries()) {
    expect(fault).toBeNull();
    expect(firstDifference(actual, expected), `tensor ${i}`).toBe(-1);
  }
}

/** Tiles hold 16,384 values: these lie in three, and end in the middle of a group. */
const small = 2 * 16384 + 5003;
/** Large enough to be sampled. */
const large = wholeSelection + 30_001;

describe.each(["first", "all"] as const)("a selection that keeps %s of equal values at its border", (ties) => {
  it.each([0, 0.5, 1, 2, 16383, 16384, 16385, 32768, small - 1, small, small + 7, -3])("keeps %f of three tiles", (keep) => {
    for (const values of [noise(small), noise(small).map((v) => Math.round(4 * v)), noise(small).fill(-2), noise(small).fill(0)])
      expectSame([{ value: keptOf(x.number(keep), ties), inputs: [values] }]);
  });

  it.each([0, 1e-6, 0.003, 0.4, 0.9999, 1.5])("keeps a share of %f of a tensor that is sampled", (of) => {
    for (const dtype of ["F32", "BF16"] as const)
      expectSame([{ value: keptOf(share(of), ties), inputs: [noise(large).map((v) => v ** 5)], dtype }]);
  });

  it.each([0.1, 0.4, 0.55, 0.9])("keeps a share of %f where most values are a few that occur often", (of) => {
    const often = noise(large).map((v) => (v < 0.2 ? 0 : v < 0.6 ? 0.25 : v < 0.8 ? -0.25 : v));
    expectSame([{ value: keptOf(share(of), ties), inputs: [often] }]);
    expectSame([{ value: keptOf(share(of), ties, x.input(0)), inputs: [often] }]);
    expectSame([{ value: keptOf(share(of), ties), inputs: [often.map((v) => Math.round(3 * v))] }]);
    expectSame([{ value: keptOf(share(of), ties), inputs: [often.fill(7)] }]);
  });

  /** A tensor whose sample is one thing and the rest another. */
  function split(sampled: (i: number) => number, rest: (i: number) => number, columns = 1, most = large): Float32Array {
    const elements = Math.floor(most / columns) * columns;
    const values = Float32Array.from({ length: elements }, (_, i) => rest(i));
    for (const { begin, count } of sampleRanges({ elements, columns }, columns > 1))
      for (let i = begin; i < begin + count; i += 1) values[i] = sampled(i);
    return values;
  }
  const spread = noise(2 * large, 9);
  const at = (i: number): number => Math.abs(spread[i] ?? 0);

  it.each([0.1, 0.5, 0.9])("keeps a share of %f where the sample misses the border", (of) => {
    expectSame([{ value: keptOf(share(of), ties), inputs: [split(at, (i) => 10 + at(i))] }]);
    expectSame([{ value: keptOf(share(of), ties), inputs: [split((i) => 10 + at(i), at)] }]);
    expectSame([{ value: keptOf(share(of), ties), inputs: [split(at, (i) => 10 + (i % 3))] }]);
    expectSame([
      {
        value: keptOf(share(of), ties),
        inputs: [
          split(
            () => 3,
            (i) => (i % 5) - 2,
          ),
        ],
      },
    ]);
  });

  it("keeps half where more keys lie near the border than there is room for, and then half of the next ones", () => {
    const crowded = {
      value: keptOf(share(0.5), ties),
      inputs: [split(at, (i) => 0.5 + 0.01 * at(i), 1, wholeSelection + 80_000)],
    };
    const plain = { value: keptOf(share(0.3), ties), inputs: [noise(large, 3)] };
    expectSame([crowded, plain, plain, crowded, plain, plain, plain]);
  });

  it("keeps a share where rows matter, also when the sample misses", () => {
    const columns = 509;
    const byRow = x.mul(magnitude, x.broadcast(x.largestOf(magnitude, "row")));
    for (const values of [
      noise(300 * columns),
      split(at, (i) => 10 + at(i), columns),
      split(at, (i) => 2 + (i % 2), columns),
      noise(400 * columns).map((v) => Math.round(2 * v)),
    ])
      for (const of of [0.003, 0.6]) expectSame([{ value: keptOf(share(of), ties, byRow), inputs: [values], columns }]);
  });
});

describe("selections side by side", () => {
  const other = x.abs(x.sub(x.input(0), x.input(1)));
  const several = x.sum([
    keptOf(share(0.2)),
    x.mul(x.constant(2), keptOf(share(0.7), "all", other)),
    x.mul(x.constant(4), keptOf(share(0.01), "first", x.abs(x.input(1)))),
    x.mul(x.constant(8), keptOf(x.numeric.add(x.number(100), x.total(keptOf(share(0.1)))), "first", other)),
    x.broadcast(x.total(x.input(1))),
    x.broadcast(x.dot(x.input(0), x.input(1))),
    x.broadcast(x.largestOf(x.input(0))),
  ]);

  it("do not disturb each other, in one pass or one after the other, in tensors that share the room", () => {
    const tensor = (elements: number, seed: number): StagedTensor => ({
      value: several,
      inputs: [noise(elements, seed), noise(elements, seed + 100)],
    });
    expectSame([tensor(large, 1), tensor(small, 2), tensor(9, 3), tensor(large + 11, 4), tensor(1, 5), tensor(small, 6)]);
  });

  it("are what another worker makes of what the first has published", () => {
    for (const elements of [5, small, large])
      expectSame([{ value: several, inputs: [noise(elements), noise(elements, 2)] }], true);
  });

  it("reads each value once for a pass, and a part of it for a sample", () => {
    const [run] = runStages([{ value: keptOf(share(0.5)), inputs: [noise(large)] }]);
    expect(run?.bytesRead).toBe(2 * (run?.bytesOfInput ?? 0) + 4 * 65536);
  });

  it("sums by rows and by blocks where a tile holds several rows, or a row is larger than a tile", () => {
    for (const [rows, columns] of [
      [1000, 37],
      [3, 40_001],
      [40, 4096],
      [41, 4097],
    ] as const) {
      const value = x.add(
        x.broadcast(x.total(x.input(0), "row")),
        x.broadcast(x.total(x.mul(x.input(0), x.broadcast(x.absSum(x.input(0), "row"))))),
      );
      expectSame([{ value, inputs: [noise(rows * columns)], columns }]);
    }
  });
});

describe("a value that is only counted, because it occurs often", () => {
  // It fills 1.5% of the tensor, in the middle of values that all differ, and the band around the border holds more of these.
  const values = noise(large).map((v) => (Math.abs(v) > 0.5 && Math.abs(v) < 0.515 ? 0.5 : v));

  it.each([0.48, 0.4849, 0.486, 0.49, 0.4999, 0.5001, 0.502, 0.505, 0.51])("is in its place when a share of %f is kept", (of) => {
    for (const ties of ["first", "all"] as const) expectSame([{ value: keptOf(share(of), ties), inputs: [values] }]);
  });
});

it("a selection that keeps nothing has an infinite threshold", () => {
  const least = x.threshold(x.largest(magnitude, x.number(0)));
  const [run] = runStages([{ value: x.broadcast(x.numeric.min(x.number(9), least)), inputs: [noise(9)] }]);
  expect(run?.actual).toEqual(new Float32Array(9).fill(9));
});

describe("rows of a tile", () => {
  const byRow = x.mul(magnitude, x.broadcast(x.largestOf(magnitude, "row")));

  it.each([36, 37, 38, 5 * 37 - 1, 5 * 37, 5 * 37 + 1, 16384, 600 * 37])(
    "end a selection of %i equal values where it ends",
    (keep) => {
      const values = new Float32Array(700 * 37).fill(2);
      expectSame([{ value: keptOf(x.number(keep), "first", byRow), inputs: [values], columns: 37 }]);
    },
  );

  it("add up without what another tensor has left behind", () => {
    const whole = { value: x.broadcast(x.total(x.input(0))), inputs: [noise(small)] };
    const rows = { value: x.broadcast(x.total(x.input(0), "row")), inputs: [noise(7 * 4097, 2)], columns: 4097 };
    const both = { ...rows, value: x.broadcast(x.total(x.mul(x.input(0), x.broadcast(x.largestOf(x.input(0), "row"))))) };
    expectSame([whole, rows, whole, both, whole]);
  });
});

describe("a selection that a survey has found", () => {
  const values = noise(small).map((v) => Math.round(3 * v));
  const value = x.select(x.kept(magnitude, x.foundInModel("s")), x.input(0), zero);

  it.each([-1, 0, 1, 7, 8, 16382, 16383, 16384, 16385, 20_000, 32767, 32768, small - 2, small - 1, small])(
    "keeps values equal to its threshold up to position %i",
    (cut) => {
      for (const threshold of [1, 2, 0])
        expectSame([{ value, inputs: [values], measured: { "s.threshold": threshold, "s.cut": cut } }]);
      const [run] = runStages([{ value, inputs: [noise(small).fill(2)], measured: { "s.threshold": 2, "s.cut": cut } }]);
      expect(run?.actual.lastIndexOf(2)).toBe(Math.min(cut, small - 1));
    },
  );

  it("keeps nothing below an infinite threshold", () => {
    const [run] = runStages([{ value, inputs: [values], measured: { "s.threshold": Number.POSITIVE_INFINITY, "s.cut": -1 } }]);
    expect(run?.actual.every((v) => v === 0)).toBe(true);
  });
});

describe("random numbers of a run", () => {
  it("are those of the position in the tensor, in every tile, by rows or not", () => {
    const drop = x.select(x.lessThan(x.random(0), x.constant(0.5)), x.random(1), zero);
    const byRow = x.add(drop, x.broadcast(x.total(x.input(1), "row")));
    const inputs = [noise(small), noise(small, 2)];
    expectSame([{ value: drop, inputs }]);
    expectSame([{ value: byRow, inputs: inputs.map((values) => values.subarray(0, 37 * 1000)), columns: 37 }]);
  });
});
