import { expect, test } from "vitest";
import type { Comparison } from "../client/evaluation-operations.ts";
import { comparisonJson, renderComparison } from "./comparison.ts";
import { styleFor } from "./style.ts";

const plain = styleFor({ isTTY: false, write: () => true });
const score = (value: number) => ({ value, low: value - 0.02, high: value + 0.02, n: 400 });

const comparison: Comparison = {
  __typename: "Comparison",
  purpose: "REPORT",
  unit: "share",
  disagreements: 52,
  suite: { namespace: "six", name: "two", title: "Two tasks" },
  first: { ref: "six/ties@1" },
  second: { ref: "six/average@1" },
  mean: { value: 0.07, low: 0.05, high: 0.09 },
  tasks: [
    {
      task: { name: "spam", title: "Spam" },
      lowerIsBetter: false,
      first: score(0.77),
      second: score(0.7),
      difference: { value: 0.07, low: 0.05, high: 0.09 },
      onlyFirst: 40,
      onlySecond: 12,
    },
    {
      task: { name: "genre", title: "Genre" },
      lowerIsBetter: false,
      first: score(0.5),
      second: null,
      difference: null,
      onlyFirst: null,
      onlySecond: null,
    },
  ],
};

test("tasks show both scores, the paired difference and how often only one is right", () => {
  const text = renderComparison(comparison, plain);
  const lines = text.split("\n");
  expect(lines[0]).toBe("Two tasks  report split, 2 tasks");
  expect(lines[3]).toMatch(/^spam +\.770 +\.700 +\+7\.0 \(5\.0 to 9\.0\) +40 +12 +400$/);
  expect(lines[4]).toMatch(/^genre +\.500 +– +– +– +– +400$/);
  expect(text).toContain(
    "Mean of six/ties@1 minus six/average@1 over the 1 task that both are scored on: +7.0 (5.0 to 9.0) points",
  );
  expect(text).toContain("six/ties@1 is ahead.");
  expect(text).toContain("They disagree on 52 examples");
});

test("what the interval does not say is not said", () => {
  const words = (mean: Comparison["mean"]) => renderComparison({ ...comparison, mean }, plain);
  expect(words({ value: 0.01, low: -0.01, high: 0.03 })).toContain("They cannot be told apart.");
  expect(words({ value: -0.04, low: -0.06, high: -0.02 })).toContain("six/average@1 is ahead.");
  expect(words({ value: 0.01, low: null, high: null })).not.toMatch(/ahead|apart/);
  expect(renderComparison({ ...comparison, unit: null, mean: null }, plain)).toContain("different units");
  const apart = { ...comparison, mean: null, tasks: comparison.tasks.slice(1) };
  expect(renderComparison(apart, plain)).toContain("No task has scores of both.");
});

test("JSON names suite, versions and tasks", () => {
  expect(comparisonJson(comparison)).toMatchObject({
    suite: "six/two",
    first: "six/ties@1",
    second: "six/average@1",
    disagreements: 52,
    tasks: [
      { task: "spam", onlyFirst: 40 },
      { task: "genre", difference: null },
    ],
  });
});
