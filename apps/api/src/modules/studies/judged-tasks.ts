import type { Fault } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import { loadSuite } from "../evaluations/load-suite.ts";
import { refuse, refuseAll } from "../refuse.ts";
import { type ChosenTask, missing, mixedDirections, qualified, sharedExamples } from "./study-tasks.ts";

/**
 * Tasks of a suite to judge a merge on. Each needs a report split. Where a search split is missing, or has examples of the report
 * split in it, the report split stands in its place: then no baseline is tuned. @throws RefusedError
 */
export async function chooseJudgedTasks(
  deps: Deps,
  text: string,
  home: string,
): Promise<{ suiteId: string; tasks: ChosenTask[] }> {
  const [namespace = "", name = ""] = qualified(text, home);
  const suite = await loadSuite(deps, namespace, name);
  if (!suite) refuse("NOT_FOUND", `There is no suite ${namespace}/${name}.`, ["suite"]);
  const faults: Fault[] = [];
  const tasks: ChosenTask[] = [];
  for (const task of suite.tasks) {
    const report = task.splits.find(({ purpose }) => purpose === "REPORT");
    if (!report) {
      faults.push({ ...missing(task, "REPORT", "so nothing can be judged on it"), path: ["suite"] });
      continue;
    }
    const search = task.splits.find(({ purpose }) => purpose === "SEARCH") ?? report;
    const isApart = search !== report && (await sharedExamples(deps, { task, search, report })).length === 0;
    tasks.push({ task, search: isApart ? search : report, report });
  }
  refuseAll(faults);
  refuseAll(mixedDirections(tasks, { aggregate: "MEAN" }).map(mixedInSuite));
  return { suiteId: suite.id, tasks };
}

const mixedInSuite = (mixed: Fault): Fault => ({
  ...mixed,
  message: `${mixed.message.split(",")[0]}, so there is no mean over the suite to judge by.`,
  path: ["suite"],
});
