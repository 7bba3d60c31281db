import { expect, test } from "vitest";
import type { GroupComparison } from "../client/evaluation-operations.ts";
import { groupJson, renderGroup } from "./group-comparison.ts";
import { styleFor } from "./style.ts";

const plain = styleFor({ isTTY: false, write: () => true });
const cell = (value: number, lead: number | null) => ({
  score: { value, low: value - 0.02, high: value + 0.02, n: 400 },
  overFirst: lead === null ? null : { value: lead, low: lead - 0.02, high: lead + 0.02 },
});
const member = (ref: string, lead: number | null, sharedTasks = 2) => ({
  version: { ref },
  overFirst: lead === null ? null : { value: lead, low: lead - 0.015, high: lead + 0.015 },
  sharedTasks,
  tunedOnReasons: [] as { sentence: string }[],
});

const group: GroupComparison = {
  __typename: "GroupComparison",
  purpose: "REPORT",
  unit: "share",
  suite: { namespace: "six", name: "two", title: "Two tasks" },
  members: [
    member("six/average@1", null),
    { ...member("six/ties@1", 0.07), tunedOnReasons: [{ sentence: "Tuned on the report split of spam." }] },
    member("six/half@1", 0.01, 1),
  ],
  tasks: [
    { task: { name: "spam", title: "Spam" }, lowerIsBetter: false, cells: [cell(0.7, null), cell(0.77, 0.07), cell(0.71, 0.01)] },
    {
      task: { name: "genre", title: "Genre" },
      lowerIsBetter: false,
      cells: [cell(0.5, null), cell(0.57, 0.07), { score: null, overFirst: null }],
    },
  ],
};

test("tasks stand in lines, versions in columns, each with its lead over the first", () => {
  const text = renderGroup(group, plain);
  expect(text).toMatch(/^spam +\.700 +\.770 +\+7\.0 \(5\.0 to 9\.0\) +\.710 +\+1\.0 \(−1\.0 to 3\.0\) = +400$/m);
  expect(text).toMatch(/^genre +\.500 +\.570 +\+7\.0 \(5\.0 to 9\.0\) +– +– +400$/m);
  expect(text).toMatch(/^Mean +\+7\.0 \(5\.5 to 8\.5\) +\+1\.0 \(−0\.5 to 2\.5\) =$/m);
  expect(text).toContain("2  six/ties@1 *  Tuned on the report split of spam.");
  expect(text).toContain("3 and 1 are both scored on 1 of 2 tasks.");
});

test("over different units there is no mean", () => {
  expect(renderGroup({ ...group, unit: null }, plain)).not.toMatch(/^Mean/m);
});

test("JSON has a score and a lead for each version", () => {
  const { versions, tasks } = groupJson(group);
  expect(versions.map(({ version, overFirst }) => [version, overFirst?.value ?? null])).toEqual([
    ["six/average@1", null],
    ["six/ties@1", 0.07],
    ["six/half@1", 0.01],
  ]);
  expect(tasks[1]?.scores).toHaveLength(3);
  expect(tasks[1]?.overFirst[2]).toBeNull();
});
