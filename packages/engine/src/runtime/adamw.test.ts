import { expect, test } from "vitest";
import { updateAdamW } from "./adamw.ts";

const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 };

test("three steps are those of the paper's formulas in float64", () => {
  const values = Float32Array.of(0.5, -2, 0);
  const moments = { first: new Float32Array(3), second: new Float32Array(3) };
  const exact = { w: [0.5, -2, 0], m: [0, 0, 0], v: [0, 0, 0] };
  for (let step = 1; step <= 3; step++) {
    const gradient = Float32Array.of(0.25 * step, -1, 0);
    const learningRate = 0.01 * step;
    updateAdamW(values, gradient, moments, settings, { step, learningRate, gradientScale: 0.5 });
    gradient.forEach((raw, index) => {
      const g = raw * 0.5;
      const m = 0.9 * (exact.m[index] ?? 0) + 0.1 * g;
      const v = 0.99 * (exact.v[index] ?? 0) + 0.01 * g * g;
      const direction = m / (1 - 0.9 ** step) / (Math.sqrt(v / (1 - 0.99 ** step)) + 1e-8);
      const w = exact.w[index] ?? 0;
      exact.w[index] = w - learningRate * (direction + 0.1 * w);
      exact.m[index] = m;
      exact.v[index] = v;
    });
  }
  values.forEach((value, index) => {
    expect(value).toBeCloseTo(exact.w[index] ?? Number.NaN, 6);
  });
});

test("a parameter without gradient only decays", () => {
  const values = Float32Array.of(1);
  const moments = { first: new Float32Array(1), second: new Float32Array(1) };
  updateAdamW(values, Float32Array.of(0), moments, settings, { step: 1, learningRate: 0.5, gradientScale: 1 });
  expect(values[0]).toBeCloseTo(0.95, 6);
});
