import { expect, test } from "vitest";
import type { Leaderboard, LeaderboardRow } from "../client/evaluation-operations.ts";
import { leaderboardCsv, leaderboardJson, renderLeaderboard } from "./leaderboard.ts";
import { styleFor } from "./style.ts";

const plain = styleFor({ isTTY: false, write: () => true });

const row = (ref: string, rank: number | null, mean: number | null, more: Partial<LeaderboardRow> = {}): LeaderboardRow => ({
  rank,
  reference: null,
  title: ref,
  method: "linear",
  version: { ref, kind: "MERGED" },
  scores: [
    {
      task: { name: "spam" },
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
  suite: { namespace: "six-tasks", name: "six-tasks", title: "Six tasks" },
  tasks: [{ name: "spam", title: "Spam" }],
  rows: [
    row("six-tasks/arithmetic@1", 1, 0.74),
    row("six-tasks/average@1", 1, 0.735),
    row("six-tasks/slerp@1", 3, null),
    row("Experts", null, 0.9, { reference: "EXPERTS", version: null, method: null }),
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
