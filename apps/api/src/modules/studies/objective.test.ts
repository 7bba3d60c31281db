import { expect, test } from "vitest";
import { objectiveOf, type TaskScore } from "./objective.ts";
import { sentenceOf } from "./verdict.ts";

const score = (value: number, low: number | null = value - 0.1, high: number | null = value + 0.1) => ({ value, low, high });
const task = (value: number, more: Partial<TaskScore> = {}): TaskScore => ({
  task: "spam",
  lowerIsBetter: false,
  isShare: true,
  score: score(value),
  expert: null,
  ...more,
});

test("the mean has an interval narrower than its tasks', and none when one of them has none", () => {
  const { value, low, high } = objectiveOf("MEAN", [task(0.5), task(0.7)]);
  expect(value).toBeCloseTo(0.6, 12);
  expect(0.6 - (low ?? 0)).toBeCloseTo(Math.sqrt(2 * 0.05 ** 2), 12);
  expect((high ?? 0) - 0.6).toBeCloseTo(Math.sqrt(2 * 0.05 ** 2), 12);
  expect(objectiveOf("MEAN", [task(0.5), task(0.7, { score: score(0.7, null, null) })])).toEqual({
    value: 0.6,
    low: null,
    high: null,
  });
});

test("the worst task decides, and where less is better the largest score is the worst", () => {
  expect(objectiveOf("WORST", [task(0.5), task(0.4), task(0.7)]).value).toBe(0.4);
  const bits = { lowerIsBetter: true, isShare: false };
  const { value, low, high } = objectiveOf("WORST", [task(2.5, bits), task(3.5, bits)]);
  expect([value, low, high]).toEqual([-3.5, -3.6, -3.4]);
  expect(objectiveOf("MEAN", [task(2, bits), task(3, bits)]).value).toBe(-2.5);
});

test("the normalised mean divides by the experts, turned round where less is better", () => {
  const tasks = [task(0.4, { expert: score(0.8) }), task(4, { lowerIsBetter: true, isShare: false, expert: score(3) })];
  expect(objectiveOf("NORMALISED_MEAN", tasks).value).toBeCloseTo((0.5 + 0.75) / 2, 12);
});

test.each([
  ["NaN", [task(Number.NaN)], "MEAN", /spam: the score is NaN, not a finite number/],
  ["a share above 1", [task(1.5)], "MEAN", /spam: the score 1.5 is outside 0 to 1/],
  ["no expert", [task(0.5)], "NORMALISED_MEAN", /spam: its expert has no score/],
  ["an expert at 0", [task(0.5, { expert: score(0, 0, 0) })], "NORMALISED_MEAN", /expert's score on the search split is 0/],
] as const)("%s is no value", (_what, tasks, aggregate, message) => {
  expect(() => objectiveOf(aggregate, tasks)).toThrow(message);
});

test("a verdict claims no more than its interval allows", () => {
  expect(sentenceOf({ value: 0.012, low: 0.003, high: 0.021 }, "the average")).toBe("+1.2 points ± 0.9 over the average");
  expect(sentenceOf({ value: 0.012, low: -0.003, high: 0.027 }, "the average")).toBe(
    "+1.2 points ± 1.5: cannot be told apart from the average",
  );
  expect(sentenceOf({ value: -0.05, low: -0.06, high: -0.04 }, "a/b@1")).toBe("−5.0 points ± 1.0: worse than a/b@1");
  expect(sentenceOf({ value: 0.02, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, "x")).toMatch(
    /^\+2\.0 points: cannot/,
  );
});
