import { expect, test } from "vitest";
import { isMeasurable, parseLambdas, statisticName } from "./statistic-words.ts";

test("λ are read as people write them, and nothing else is", () => {
  expect(parseLambdas("0, 0.25 0.5;1")).toEqual([0, 0.25, 0.5, 1]);
  expect(parseLambdas("−1")).toEqual([-1]);
  for (const wrong of ["", " , ", "a", "0,x", "11", "1e99", "NaN"]) expect(parseLambdas(wrong), wrong).toBeNull();
});

test("tasks without a search split, and those of an outside command, cannot be measured on", () => {
  const splits = [{ purpose: "SEARCH", exampleCount: 3 }];
  expect(isMeasurable({ kind: "CLASSIFICATION", splits })).toBe(true);
  expect(isMeasurable({ kind: "EXTERNAL", splits })).toBe(false);
  expect(isMeasurable({ kind: "CLASSIFICATION", splits: [{ purpose: "REPORT", exampleCount: 3 }] })).toBe(false);
});

test("names say how, where there is a how", () => {
  expect(statisticName({ kind: "FISHER", estimator: "sampled", density: null })).toBe("Fisher information, sampled");
  expect(statisticName({ kind: "FISHER", estimator: "exact", density: 0.2 })).toBe("Fisher information, exact, trimmed to 0.2");
  expect(statisticName({ kind: "GRAM", estimator: "gram", density: null })).toBe("Gram matrices");
});
