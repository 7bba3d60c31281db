import { expect, test } from "vitest";
import { axisOf, drawInterval } from "./interval-plot.ts";

test("the axis holds every interval", () => {
  const [low = 0, high = 0] =
    axisOf([
      { value: 0.5, low: 0.4, high: 0.6 },
      { value: 0.7, low: 0.65, high: 0.8 },
    ]) ?? [];
  expect(low).toBeLessThan(0.4);
  expect(high).toBeGreaterThan(0.8);
  expect(axisOf([])).toBeNull();
});

test("an interval is drawn where it lies", () => {
  expect(drawInterval({ value: 0.5, low: 0.25, high: 0.75 }, [0, 1], 9)).toBe("  ├─●─┤  ");
});

test("what lies outside the axis is an arrow at its edge", () => {
  expect(drawInterval({ value: 0.1, low: 0.05, high: 0.15 }, [0.5, 1], 5)).toBe("◂    ");
  expect(drawInterval({ value: 0.99, low: 0.98, high: 1 }, [0, 0.5], 5)).toBe("    ▸");
  expect(drawInterval({ value: 0.5, low: 0.4, high: 2 }, [0, 1], 5)).toBe("  ●─▸");
});
