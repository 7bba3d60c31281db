import { expect, test } from "vitest";
import type { Judgement } from "../client/judgement-operations.ts";
import { judgementJson, renderJudgement } from "./judgement.ts";
import { styleFor } from "./style.ts";

const plain = styleFor({ isTTY: false, write: () => true });
const comparison = (baseline: string, sentence: string) => ({
  baseline,
  title: baseline,
  mean: 0.7,
  difference: 0.01,
  low: 0,
  high: 0.02,
  sentence,
});
const judgement: Judgement = {
  state: "SUCCEEDED",
  trialsDone: 8,
  trialsExpected: 8,
  suite: { namespace: "six", name: "two", title: "Two tasks" },
  failure: null,
  verdict: {
    mean: 0.71,
    comparisons: [
      comparison("PARENT", "+8.0 points ± 1.0 over six/spam@1"),
      comparison("AVERAGE", "+1.2 points ± 0.9 over the average"),
    ],
  },
};

test("the verdict is told in sentences, the average first", () => {
  expect(renderJudgement("six/mix@1", judgement, plain).split("\n")).toEqual([
    "six/mix@1  .710 on Two tasks, report splits, paired over the same examples",
    "  +1.2 points ± 0.9 over the average",
    "  +8.0 points ± 1.0 over six/spam@1",
  ]);
  expect(judgementJson("six/mix@1", judgement)).toMatchObject({ suite: "six/two", verdict: { comparisons: [{}, {}] } });
});

test("without a verdict it says why", () => {
  const failure = { code: "BEST_NOT_MERGED", message: "The run was cancelled.", path: [] };
  expect(renderJudgement("six/mix@1", { ...judgement, verdict: null, failure }, plain)).toContain("The run was cancelled.");
  expect(renderJudgement("six/mix@1", { ...judgement, verdict: null }, plain)).toContain("no score on every task");
});
