import { expect, test } from "vitest";
import type { Leaderboard, LeaderboardRow } from "../client/evaluation-operations.ts";
import { renderLeaderboard } from "./leaderboard.ts";
import { leaderboardCsv, leaderboardJson } from "./leaderboard-export.ts";
import { styleFor } from "./style.ts";

const plain = styleFor({ isTTY: false, write: () => true });

const row = (ref: string, rank: number | null, mean: number | null, more: Partial<LeaderboardRow> = {}): LeaderboardRow => ({
  rank,
  reference: null,
  title: ref,
  method: "linear",
  version: { ref },
  kind: "MERGED",
  isKept: false,
  isPlainAverage: false,
  tunedOn: [],
  tunedOnReasons: [],
  parents: [],
  normalised: null,
  worst: null,
  scores: [
    {
      taskName: "spam",
      value: mean,
      low: mean === null ? null : mean - 0.01,
      high: mean === null ? null : mean + 0.01,
      n: mean === null ? null : 500,
    },
  ],
  mean,
  low: mean === null ? null : mean - 0.007,
  high: mean === null ? null : mean + 0.007,
  ...more,
});

const board: Leaderboard = {
  purpose: "REPORT",
  exampleCount: 15_840,
  unit: "share",
  rowCount: 3,
  suite: { namespace: "six-tasks", name: "six-tasks", title: "Six tasks" },
  tasks: [{ name: "spam", title: "Spam" }],
  rows: [
    row("six-tasks/arithmetic@1", 1, 0.74),
    row("six-tasks/average@1", 1, 0.735),
    row("six-tasks/slerp@1", 3, null, { scores: [] }),
    row("Experts", null, 0.9, { reference: "EXPERTS", version: null, kind: null, method: null }),
  ],
  verdict: {
    overAverage: { value: 0.005, low: -0.001, high: 0.011 },
    leadOfFirst: null,
    gainKept: 0.42,
    bestTitle: "Arithmetic",
    secondTitle: null,
  },
};

test("rows show rank, interval, plot and tasks; ties share a rank; what is missing says so", () => {
  const lines = renderLeaderboard(board, plain).split("\n");
  expect(lines[0]).toBe("Six tasks  report split, 1 task, 15\u202f840 examples");
  expect(lines[3]).toMatch(/^1 {2}six-tasks\/arithmetic@1 +linear +\.740 ± \.007 .*├─+●─+┤ +\.740$/);
  expect(lines[4]).toMatch(/^= {2}six-tasks\/average@1/);
  expect(lines[5]).toMatch(/^3 {2}six-tasks\/slerp@1 +linear +not evaluated +–$/);
  expect(lines[6]).toMatch(/Experts +reference +\.900 ± \.007 +▸ +\.900$/);
});

const rich: Leaderboard = {
  ...board,
  rows: [
    row("six-tasks/fitted@1", null, 0.8, {
      tunedOn: ["spam"],
      tunedOnReasons: [{ sentence: "Tuned on the report split of spam, and seen." }],
    }),
    row("six-tasks/ties@1", 1, 0.74, {
      normalised: { value: 0.912, low: 0.9, high: 0.924 },
      worst: { taskName: "genre", value: 0.41, ofExpert: 0.61 },
    }),
    row("six-tasks/slerp@1", 1, 0.73, { mean: null, low: null, high: null }),
    row("six-tasks/average@1", 1, 0.7, { isKept: true, isPlainAverage: true, parents: [{ ref: "six-tasks/spam@1" }] }),
  ],
};

test("marks say what was tuned on the split, what stands beside, and how near the experts a merge comes", () => {
  const text = renderLeaderboard(rich, plain);
  const lines = text.split("\n");
  expect(lines[3]).toMatch(/^ {3}six-tasks\/fitted@1 \* +linear/);
  expect(lines[4]).toMatch(/\.912 ± \.012 +genre \.610 +\.740$/);
  expect(lines[5]).toMatch(/^= {2}six-tasks\/slerp@1 +linear +not on every task/);
  expect(lines[6]).toMatch(/^1 {2}\+ six-tasks\/average@1/);
  expect(text).toContain("* tuned on a split that it is scored on here, or made from what was: not ranked");
  expect(text).toContain("  six-tasks/fitted@1: Tuned on the report split of spam, and seen.");
  expect(text).toContain("+ not asked for: parents and the plain average");
  expect(renderLeaderboard(rich, plain, 100)).toContain("genre .610");
  expect(renderLeaderboard(rich, plain, 60)).not.toContain("genre .610");
});

test("in another order than that of the ranks every row shows its rank", () => {
  const lines = renderLeaderboard(
    { ...board, rows: [row("a/b@1", 3, 0.7), row("a/c@1", 1, 0.8), row("a/d@1", 1, 0.8)] },
    plain,
  ).split("\n");
  expect(lines.slice(3, 6).map((line) => line.slice(0, 1))).toEqual(["3", "1", "1"]);
});

test("exports carry everything that the table marks", () => {
  const [fitted, ties, , average] = leaderboardJson(rich).rows;
  expect(fitted).toMatchObject({ tunedOn: ["spam"], tunedOnReasons: ["Tuned on the report split of spam, and seen."] });
  expect(ties).toMatchObject({ normalised: { value: 0.912 }, worst: { task: "genre", value: 0.41, ofExpert: 0.61 } });
  expect(average).toMatchObject({ isKept: true, isPlainAverage: true, parents: ["six-tasks/spam@1"] });
  const [head = "", ...lines] = leaderboardCsv(rich)
    .split("\n")
    .map((line) => line.replace('"Tuned on the report split of spam, and seen."', "why").split(","));
  for (const line of lines) expect(line).toHaveLength(head.length);
  const cell = (line: number, name: string) => lines[line]?.[head.indexOf(name)];
  expect([
    cell(0, "tuned_on"),
    cell(0, "tuned_on_reasons"),
    cell(1, "worst_task"),
    cell(1, "normalised_low"),
    cell(3, "kept"),
    cell(3, "parents"),
  ]).toEqual(["spam", "why", "genre", "0.9", "true", "six-tasks/spam@1"]);
});

test("on a narrow terminal the plots give way and the numbers stay", () => {
  const narrow = renderLeaderboard(board, plain, 80).split("\n");
  expect(narrow.join()).not.toContain("●");
  expect(narrow[3]).toMatch(/\.740 ± \.007 +\.740$/);
  for (const line of narrow.slice(0, 7)) expect(line.length).toBeLessThanOrEqual(80);
});

test("a gain whose interval holds zero is not claimed", () => {
  expect(renderLeaderboard(board, plain)).toContain("+0.5 (−0.1 to 1.1) points, paired; cannot be told apart");
});

test("the JSON form has the keys that other programs read", () => {
  expect(leaderboardJson(board).rows[0]).toMatchObject({
    version: "six-tasks/arithmetic@1",
    kind: "MERGED",
    method: "linear",
    scores: { spam: { value: 0.74, n: 500, low: 0.73, high: 0.75 } },
    mean: 0.74,
  });
  expect(leaderboardJson(board).rows[2]?.scores).toEqual({});
});

test("a title that spreadsheets would run as a formula is defused in CSV", () => {
  const hostile = { ...board, rows: [row('=HYPERLINK("http://x"),1', 1, 0.5)] };
  expect(leaderboardCsv(hostile).split("\n")[1]).toContain(`1,"'=HYPERLINK(""http://x""),1"`);
});
