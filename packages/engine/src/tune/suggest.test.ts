import { describe, expect, test } from "vitest";
import { incumbent } from "./incumbent.ts";
import { randomOf } from "./random.ts";
import { bayesOptPreset, type Sampler } from "./sampler.ts";
import { type Coordinate, fromUnit, type Params, type Space, toUnit } from "./space.ts";
import { stopReason } from "./stopping.ts";
import { suggest } from "./suggest.ts";
import { defaultSurrogate } from "./surrogate-settings.ts";
import type { Trial } from "./trial.ts";
import { regionAfter } from "./trust-region.ts";

const box = (d: number): Space => Array.from({ length: d }, (_, k) => ({ name: `x${k}`, kind: "float", low: 0, high: 1 }));

function study(
  space: Space,
  f: (params: Params) => number,
  budget: number,
  more: { sampler?: Sampler; seed?: number; trials?: Trial[]; anchors?: Params[] } = {},
): Trial[] {
  const { seed = 1, trials = [], ...rest } = more;
  const all = [...trials];
  while (all.length < budget) {
    const { params } = suggest({ space, trials: all, seed, ...rest });
    const value = f(params);
    all.push(Number.isFinite(value) ? { params, state: "complete", value } : { params, state: "failed" });
  }
  return all;
}

const bestOf = (trials: readonly Trial[]): number => Math.max(...trials.map(({ value = Number.NEGATIVE_INFINITY }) => value));
const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

const deterministic: Sampler = { kind: "gp", surrogate: { ...defaultSurrogate, noise: "deterministic" } };

const braninSpace: Space = [
  { name: "x", kind: "float", low: -5, high: 10 },
  { name: "y", kind: "float", low: 0, high: 15 },
];
/** Least value 0.397887. */
const branin = ({ x = 0, y = 0 }: Params): number =>
  -((y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10);

const hartmannA = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const hartmannP = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];
/** Greatest value 3.32237. */
const hartmann = (params: Params): number =>
  [1, 1.2, 3, 3.2].reduce((sum, weight, i) => {
    const squared = (hartmannA[i] ?? []).reduce(
      (total, a, k) => total + a * ((params[`x${k}`] ?? 0) - (hartmannP[i]?.[k] ?? 0) * 1e-4) ** 2,
      0,
    );
    return sum + weight * Math.exp(-squared);
  }, 0);

const sphere = (params: Params): number =>
  -Object.values(params).reduce((sum, value, k) => sum + (value - 0.3 - 0.01 * k) ** 2, 0);

describe("finds what there is to find", () => {
  test("Branin: regret below 0.05 after 30 trials, in the median of 3 seeds; random search is far from that", () => {
    const regret = (sampler?: Sampler) =>
      median(
        [1, 2, 3].map((seed) => -0.397887 - bestOf(study(braninSpace, branin, 30, { seed, ...(sampler ? { sampler } : {}) }))),
      );
    const found = {
      gp: regret(),
      exact: regret(deterministic),
      parity: regret(bayesOptPreset("ei")),
      random: regret({ kind: "random" }),
    };
    expect(found.gp).toBeLessThan(0.05);
    expect(found.exact).toBeLessThan(0.05);
    expect(found.parity).toBeLessThan(0.1);
    expect(found.random).toBeGreaterThan(5 * found.gp);
  });

  test("Branin by Thompson sampling: one draw from the posterior for each trial", () => {
    const sampler: Sampler = { kind: "gp", surrogate: defaultSurrogate, acquisition: { kind: "thompson" } };
    expect(-0.397887 - bestOf(study(braninSpace, branin, 35, { sampler }))).toBeLessThan(0.1);
  }, 60_000);

  test("Hartmann-6: regret below 0.1 after 45 trials", () => {
    expect(
      median([1, 2, 3].map((seed) => 3.32237 - bestOf(study(box(6), hartmann, 50, { seed, sampler: deterministic })))),
    ).toBeLessThan(0.1);
  });

  test("a sphere of 20 coordinates in 70 trials: a trust region halves random search's regret, the plain surrogate leaves a tenth", () => {
    const regret = (sampler: Sampler) => -bestOf(study(box(20), sphere, 70, { sampler }));
    const random = regret({ kind: "random" });
    expect(regret({ ...deterministic, kind: "turbo" })).toBeLessThan(random / 1.8);
    expect(regret(deterministic)).toBeLessThan(random / 10);
  }, 60_000);

  test("CMA-ES: a rotated ellipsoid, to 1e-8", () => {
    const random = randomOf(4);
    const axis = Array.from({ length: 3 }, random.normal);
    const length = Math.hypot(...axis);
    const f = (params: Params): number => {
      const x = box(3).map(({ name }) => (params[name] ?? 0) - 0.4);
      const along = x.reduce((sum, value, k) => sum + (value * (axis[k] ?? 0)) / length, 0);
      return -(x.reduce((sum, value) => sum + value * value, 0) + 999 * along * along);
    };
    expect(-bestOf(study(box(3), f, 560, { sampler: { kind: "cmaes" } }))).toBeLessThan(1e-8);
  });
});

test("a suggestion depends on history, space and seed alone: a study that is cut and resumed asks the same", () => {
  for (const sampler of [undefined, { kind: "turbo", surrogate: defaultSurrogate }, { kind: "cmaes" }, { kind: "random" }] as (
    | Sampler
    | undefined
  )[]) {
    const how = sampler ? { sampler } : {};
    const whole = study(box(3), hartmann, 20, { seed: 5, ...how });
    const resumed = study(box(3), hartmann, 20, {
      seed: 5,
      trials: JSON.parse(JSON.stringify(whole.slice(0, 13))) as Trial[],
      ...how,
    });
    expect(resumed).toEqual(whole);
    expect(study(box(3), hartmann, 20, { seed: 6, ...how })).not.toEqual(whole);
  }
});

test("anchors come first, without repetition, then a design, then the surrogate", () => {
  const anchors: Params[] = [
    { x0: 0.3, x1: 0.3 },
    { x0: 0.3, x1: 0.3 },
    { x0: 2, x1: 0.5 },
  ];
  const trials: Trial[] = [];
  const sources: string[] = [];
  for (let i = 0; i < 9; i += 1) {
    const { params, source } = suggest({ space: box(2), trials, seed: 1, anchors });
    sources.push(source);
    trials.push({ params, state: "complete", value: -(((params["x0"] ?? 0) - 0.5) ** 2) });
  }
  expect(trials.slice(0, 2).map(({ params }) => params)).toEqual([
    { x0: 0.3, x1: 0.3 },
    { x0: 1, x1: 0.5 },
  ]);
  expect(sources).toEqual(["anchor", "anchor", "design", "design", "design", "design", "design", "model", "model"]);
});

test("asking while trials run gives other points, and no point twice", () => {
  const trials = study(box(2), ({ x0 = 0, x1 = 0 }) => -((x0 - 0.3) ** 2) - (x1 - 0.7) ** 2, 12);
  const all = [...trials];
  for (let i = 0; i < 4; i += 1) all.push({ params: suggest({ space: box(2), trials: all, seed: 1 }).params, state: "running" });
  const asked = all.slice(12).map(({ params }) => toUnit(box(2), params));
  for (const [i, a] of asked.entries()) {
    for (const b of asked.slice(i + 1))
      expect(Math.max(...a.map((value, k) => Math.abs(value - (b[k] ?? 0))))).toBeGreaterThan(1e-4);
  }
});

describe("objectives that misbehave", () => {
  test.each([
    ["constant", () => 0.5],
    ["always failing", () => Number.NaN],
    ["sometimes failing", ({ x0 = 0 }: Params) => (x0 > 0.5 ? Number.NaN : x0)],
    ["above one", ({ x0 = 0 }: Params) => 1e6 * x0],
    ["huge steps", ({ x0 = 0 }: Params) => (x0 > 0.5 ? 1e12 : -1e12)],
  ])("%s", (_, f) => {
    for (const d of [1, 3]) {
      const trials = study(box(d), f, 16);
      expect(new Set(trials.map(({ params }) => JSON.stringify(params))).size).toBe(16);
      for (const { params } of trials) for (const value of Object.values(params)) expect(value >= 0 && value <= 1).toBe(true);
    }
  });

  test("the same point twice with different values", () => {
    const params = { x0: 0.5 };
    const trials: Trial[] = [0.1, 0.9, 0.5, 0.2, 0.8, 0.4].map((value) => ({ params, state: "complete", value }));
    expect(suggest({ space: box(1), trials, seed: 1 }).params["x0"]).not.toBe(0.5);
    expect(incumbent(box(1), trials, "smoothed", 1)?.smoothed).toBeCloseTo(0.48, 1);
  });

  test("sixty coordinates", () => {
    expect(Object.keys(study(box(60), ({ x0 = 0 }) => x0, 24).at(-1)?.params ?? {})).toHaveLength(60);
  });
});

test("a space that leaves nothing to choose is refused, by coordinate", () => {
  const good: Coordinate = { name: "a", kind: "float", low: 0, high: 1 };
  const refuse = (space: Space, message: string) => expect(() => suggest({ space, trials: [], seed: 1 })).toThrow(message);
  refuse([], "nothing to tune");
  refuse([{ ...good, low: 2 }], "a: the bounds are reversed: 2 to 1.");
  refuse([{ ...good, high: 0 }], "a: both bounds are 0");
  refuse([good, good], "a: the name is used twice.");
  refuse([{ ...good, high: Number.NaN }], "a: the upper bound is not a finite number.");
  refuse([{ ...good, log: true }], "a: a logarithmic scale needs a lower bound above 0.");
  refuse([{ ...good, kind: "int", high: 1.5 }], "a: whole numbers need whole bounds.");
  refuse([{ ...good, step: 3 }], "a: the step must be above 0");
  refuse(
    Array.from({ length: 101 }, (_, k) => ({ ...good, name: `${k}` })),
    "101 numbers cannot be tuned at once",
  );
});

test("values on grids and logarithmic scales stay there and come back", () => {
  const space: Space = [
    { name: "n", kind: "int", low: 1, high: 9 },
    { name: "rate", kind: "float", low: 1e-4, high: 1, log: true },
    { name: "density", kind: "float", low: 0.1, high: 1, step: 0.1 },
  ];
  const params = fromUnit(space, [0.49, 0.5, 0.52]);
  expect(params["n"]).toBe(5);
  expect(params["rate"]).toBeCloseTo(0.01, 12);
  expect(params["density"]).toBeCloseTo(0.6, 12);
  expect(fromUnit(space, toUnit(space, params))).toEqual(params);
});

test("the incumbent by observation may be a lucky one; by the surrogate it is not", () => {
  const random = randomOf(2);
  const trials: Trial[] = Array.from({ length: 40 }, () => {
    const x0 = random.uniform();
    return { params: { x0 }, state: "complete", value: -4 * (x0 - 0.5) ** 2 + 0.05 * random.normal() };
  });
  trials.push({ params: { x0: 0.02 }, state: "complete", value: 0.5 });
  expect(incumbent(box(1), trials, "observed", 1)?.trial).toBe(40);
  const smoothed = incumbent(box(1), trials, "smoothed", 1);
  expect(Math.abs((trials[smoothed?.trial ?? 0]?.params["x0"] ?? 0) - 0.5)).toBeLessThan(0.2);
  expect(incumbent(box(1), [{ params: { x0: 0 }, state: "failed" }], "smoothed", 1)).toBeNull();
});

test("when to stop", () => {
  const done = (values: number[]): Trial[] => values.map((value) => ({ params: { x0: 0 }, state: "complete", value }));
  const rule = { budget: 50, dimensions: 2 };
  expect(stopReason(done([0.1, 0.2]), [], rule)).toBeNull();
  expect(stopReason(done([0.1, 0.2]), [], { ...rule, budget: 2 })).toBe("budget");
  expect(stopReason(done([0.1, 0.2]), [], { ...rule, budget: 0 })).toBe("budget");
  expect(stopReason(done([0.1, 0.2]), [], { ...rule, target: 0.2 })).toBe("target");
  expect(stopReason(done([0.2, ...Array<number>(10).fill(0.2)]), [], rule)).toBe("noImprovement");
  expect(stopReason(done([0.2, ...Array<number>(9).fill(0.2)]), [], rule)).toBeNull();
  expect(stopReason(done(Array<number>(30).fill(0.2)), [], { ...rule, patience: null })).toBeNull();
  expect(stopReason(done([0.1]), [-20, -20, -20], rule)).toBe("nothingExpected");
});

test("the trust region grows, shrinks and starts anew", () => {
  const after = (values: number[]) => regionAfter(Float64Array.from(values), 4, 2);
  expect(after([0, 0]).length).toBe(0.8);
  expect(after([0, 0, 1, 2, 3]).length).toBe(1.6);
  expect(after([0, 0, -1, -1, -1, -1]).length).toBe(0.4);
  const gone = after([0, 0, ...Array<number>(28).fill(-1)]);
  expect(gone).toEqual({ length: 0.8, since: 30 });
});
