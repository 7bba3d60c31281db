import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cholesky, inverse, solve } from "../linalg/index.ts";
import { type Acquisition, acquisitionOf, logExpectedImprovement, upperConfidenceBound } from "./acquisition.ts";
import { GaussianProcess } from "./gaussian-process.ts";
import { layoutOf, negativeLogPosterior } from "./log-posterior.ts";
import { matern52 } from "./matern.ts";
import { randomOf } from "./random.ts";
import { defaultSurrogate, hyperParameters, type SurrogateSettings } from "./surrogate-settings.ts";
import { posteriorDraw } from "./thompson.ts";

function sample(seed: number, n: number, d: number) {
  const random = randomOf(seed);
  const points = Array.from({ length: n }, () => Float64Array.from({ length: d }, random.uniform));
  const values = Float64Array.from(points, (x) => x.reduce((sum, v, k) => sum + Math.sin(3 * v + k), 0) + 0.1 * random.normal());
  return { points, values, variances: Float64Array.from(points, () => 0.01 + 0.1 * random.uniform()) };
}

const cases: readonly (readonly [string, SurrogateSettings])[] = [
  ["dimScaled", defaultSurrogate],
  ["classic", { ...defaultSurrogate, priors: "classic" }],
  ["flat, isotropic, deterministic", { priors: "none", isotropic: true, noise: "deterministic", warp: false }],
  ["fixed noise and warping", { ...defaultSurrogate, noise: "fixed", warp: true }],
];

/** Central differences of fourth order. */
function differences(f: (x: Float64Array) => number, x: Float64Array, step: number): number[] {
  return [...x].map((_, k) => {
    const at = (by: number) => f(x.map((value, i) => (i === k ? value + by * step : value)));
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
  });
}

describe.each(cases)("%s", (_, settings) => {
  test("the gradient of the log posterior is that of finite differences", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 4 }), (seed, d) => {
        const data = sample(seed, 9, d);
        const observations = { ...data, variances: settings.noise === "fixed" ? data.variances : null };
        const layout = layoutOf(hyperParameters(settings, d), d, settings.isotropic);
        const random = randomOf(seed, 1);
        // Without noise, long length scales make a matrix so nearly singular that differences tell nothing.
        const middle = settings.noise === "deterministic" ? -2 : -0.5;
        const theta = Float64Array.from(layout.entries, () => middle + random.normal() * 0.4);
        const gradient = new Float64Array(theta.length);
        negativeLogPosterior(theta, layout, observations, gradient);
        const expected = differences(
          (at) => negativeLogPosterior(at, layout, observations, new Float64Array(at.length)),
          theta,
          1e-3,
        );
        for (const [k, value] of expected.entries())
          expect(Math.abs((gradient[k] ?? 0) - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
      }),
      { numRuns: 15 },
    );
  });

  test("acquisitions have the gradients of finite differences", () => {
    const data = sample(7, 14, 3);
    const observations = { ...data, variances: settings.noise === "fixed" ? data.variances : null };
    const model = GaussianProcess.fit(observations, settings, 1);
    const best = Math.max(...data.values);
    const pending = [Float64Array.of(0.2, 0.9, 0.4)];
    const functions: Acquisition[] = [
      logExpectedImprovement(model, best, 0.01),
      upperConfidenceBound(model, 2.5),
      acquisitionOf({ kind: "qLogNei", samples: 64 }, { model, best, pending, seed: 3 }),
    ];
    for (const [at, acquisition] of functions.entries()) {
      for (const x of sample(8, 4, 3).points) {
        const gradient = new Float64Array(3);
        acquisition(x, gradient);
        const expected = differences((where) => acquisition(where, new Float64Array(3)), x, 1e-4);
        for (const [k, value] of expected.entries())
          expect(Math.abs((gradient[k] ?? 0) - value), `acquisition ${at}`).toBeLessThan(1e-4 * (1 + Math.abs(value)));
      }
    }
  });
});

test("without noise the surrogate goes through its observations, and is sure of them", () => {
  const { points, values } = sample(3, 12, 2);
  const model = GaussianProcess.fit({ points, values, variances: null }, { ...defaultSurrogate, noise: "deterministic" }, 1);
  points.forEach((x, i) => {
    const { mean, variance } = model.predict(x);
    expect(mean).toBeCloseTo(values[i] ?? 0, 3);
    expect(variance).toBeLessThan(1e-5);
  });
});

test("predictions are those of the textbook formula", () => {
  const data = sample(5, 8, 2);
  const model = GaussianProcess.fit({ ...data, variances: null }, defaultSurrogate, 2);
  const scales = model.lengthScales;
  const k = (a: Float64Array, b: Float64Array) =>
    matern52(a.reduce((sum, value, at) => sum + ((value - (b[at] ?? 0)) / (scales[at] ?? 1)) ** 2, 0));
  const n = data.points.length;
  const gram = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return k(data.points[i] as Float64Array, data.points[j] as Float64Array) + (i === j ? model.noise : 0);
  });
  const inverted = inverse(cholesky(gram, n) as NonNullable<ReturnType<typeof cholesky>>);
  const x = Float64Array.of(0.3, 0.6);
  const cross = data.points.map((point) => k(point, x));
  let [mean, explained] = [model.mean, 0];
  for (const [i, a] of cross.entries()) {
    for (const [j, b] of cross.entries()) {
      mean += a * (inverted[i * n + j] ?? 0) * ((data.values[j] ?? 0) - model.mean);
      explained += a * (inverted[i * n + j] ?? 0) * b;
    }
  }
  expect(model.predict(x).mean).toBeCloseTo(mean, 10);
  expect(model.predict(x).variance).toBeCloseTo(1 - explained, 10);
});

test("draws from the posterior have its mean and its deviation", () => {
  const data = sample(11, 6, 2);
  const model = GaussianProcess.fit({ ...data, variances: null }, defaultSurrogate, 2);
  const x = Float64Array.of(0.9, 0.1);
  const draws = Array.from({ length: 400 }, (_, seed) => posteriorDraw(model, seed)(x));
  const { mean, variance } = model.predict(x);
  const average = draws.reduce((a, b) => a + b) / draws.length;
  const spread = draws.reduce((sum, value) => sum + (value - average) ** 2, 0) / draws.length;
  expect(Math.abs(average - mean)).toBeLessThan(4 * Math.sqrt(variance / draws.length) + 0.02);
  expect(spread / variance).toBeGreaterThan(0.7);
  expect(spread / variance).toBeLessThan(1.4);
});

test.each(cases)("the gradient of a draw is that of finite differences: %s", (_, settings) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 3 }), (seed, d) => {
      const data = sample(seed, 20, d);
      const variances = settings.noise === "fixed" ? data.variances : null;
      const model = GaussianProcess.fit({ ...data, variances }, settings, seed);
      const draw = posteriorDraw(model, seed);
      const x = Float64Array.from({ length: d }, randomOf(seed, 5).uniform).map((value) => 0.05 + 0.9 * value);
      const gradient = new Float64Array(d);
      expect(draw(x, gradient)).toBe(draw(x));
      const wanted = differences((at) => draw(at), x, 1e-4);
      const scale = Math.max(1, ...wanted.map(Math.abs));
      gradient.forEach((slope, k) => {
        expect(Math.abs(slope - (wanted[k] ?? Number.NaN))).toBeLessThan(1e-4 * scale);
      });
    }),
    { numRuns: 15 },
  );
});

test("Cholesky: solves and inverts random positive matrices", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
      const random = randomOf(seed);
      const half = Float64Array.from({ length: n * n }, random.normal);
      const a = Float64Array.from({ length: n * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let sum = i === j ? 0.5 : 0;
        for (let k = 0; k < n; k += 1) sum += (half[i * n + k] ?? 0) * (half[j * n + k] ?? 0);
        return sum;
      });
      const factor = cholesky(a, n);
      if (factor === null) throw new Error("not factored");
      const wanted = Float64Array.from({ length: n }, random.normal);
      const b = wanted.map((_, i) => wanted.reduce((sum, value, j) => sum + (a[i * n + j] ?? 0) * value, 0));
      for (const [i, value] of solve(factor, b).entries()) expect(value).toBeCloseTo(wanted[i] ?? 0, 7);
      const inverted = inverse(factor);
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j < n; j += 1) {
          let sum = 0;
          for (let k = 0; k < n; k += 1) sum += (a[i * n + k] ?? 0) * (inverted[k * n + j] ?? 0);
          expect(sum).toBeCloseTo(i === j ? 1 : 0, 7);
        }
      }
    }),
    { numRuns: 25 },
  );
  expect(cholesky(Float64Array.of(1, 0, 0, -1), 2)).toBeNull();
});
