import { expect, test } from "vitest";
import { reasonsOf } from "./tuned-on-reasons.ts";

const tasks = ["spam", "era", "topic"].map((name) => ({ name }));
const own = { by: "study six/mix", ancestor: null };

test("reasons are told once for all tasks that share them, ancestors apart from the row itself", () => {
  const reasons = reasonsOf(tasks, [own, { by: "", ancestor: "six/mix@2" }, own], "REPORT");
  expect(reasons).toEqual([
    { ...own, taskNames: ["spam", "topic"], sentence: "Tuned on the report splits of spam and topic by study six/mix." },
    {
      by: "",
      ancestor: "six/mix@2",
      taskNames: ["era"],
      sentence: "Made from six/mix@2, which was tuned on the report split of era.",
    },
  ]);
  expect(reasonsOf(tasks, [null, null, null], "REPORT")).toEqual([]);
});
