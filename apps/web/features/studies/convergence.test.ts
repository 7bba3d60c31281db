import { expect, test } from "vitest";
import { bestSoFar, scaleOf, spread, tickLabel } from "./convergence.ts";

const trial = (index: number, value: number | null, state: "COMPLETE" | "FAILED" | "RUNNING" = "COMPLETE") => ({
  index,
  value,
  state,
  source: "model",
  low: value,
  high: value,
});

test("only what is better than all before it is a step; failed and running trials are none", () => {
  const trials = [
    trial(0, 0.5),
    trial(1, null, "FAILED"),
    trial(2, 0.5),
    trial(3, 0.7),
    trial(4, 0.6),
    trial(5, null, "RUNNING"),
    trial(6, 0.71),
  ];
  expect(bestSoFar(trials).map(({ index, value }) => [index, value])).toEqual([
    [0, 0.5],
    [3, 0.7],
    [6, 0.71],
  ]);
});

test("a scale holds its values and has round ticks, also for one value and for none", () => {
  for (const values of [[0.66, 0.71, 0.752], [0.5], [], [-3.2, -1.1], [0.912, 0.9125]]) {
    const { low, high, ticks } = scaleOf(values);
    for (const value of values) expect(low < value && value < high).toBe(true);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.every((tick) => tick >= low - 1e-9 && tick <= high + 1e-9)).toBe(true);
    expect(new Set(ticks.map((tick) => tickLabel(tick, ticks))).size, "labels differ").toBe(ticks.length);
  }
});

test("tick labels have no leading zero and a true minus", () => {
  expect([tickLabel(0.72, [0.7, 0.72]), tickLabel(-1.5, [-2, -1.5]), tickLabel(2, [0, 1])]).toEqual([".72", "−1.5", "2"]);
});

test("labels that would cover each other are moved apart, the others stay", () => {
  expect(spread([100, 20, 25, 30])).toEqual([100, 20, 34, 48]);
  expect(spread([])).toEqual([]);
});
