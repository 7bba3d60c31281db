import type { Fault } from "@amalgam/engine/merge";
import { kindFacts } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import type { Split, Task } from "../../generated/prisma/client.ts";
import { loadSuite } from "../evaluations/load-suite.ts";
import { kindName } from "../evaluations/task-kind.ts";
import { fault, refuse, refuseAll } from "../refuse.ts";
import { countShared } from "./split-overlap.ts";
import type { StartInput } from "./study-input.ts";

export interface ChosenTask {
  readonly task: Task;
  readonly search: Split;
  readonly report: Split;
}

type TaskWithSplits = Task & { readonly splits: readonly Split[] };

/** The tasks of a study with their splits: search and report, of different data. @throws RefusedError naming every task that lacks one */
export async function chooseTasks(deps: Deps, input: StartInput): Promise<{ suiteId: string | null; tasks: ChosenTask[] }> {
  const { suiteId, tasks: named } = await findTasks(deps, input);
  const faults: Fault[] = [];
  const tasks = named.flatMap((task) => {
    const search = task.splits.find(({ purpose }) => purpose === "SEARCH");
    const report = task.splits.find(({ purpose }) => purpose === "REPORT");
    if (!search) faults.push(missing(task, "SEARCH", "so there is nothing to tune it on"));
    if (!report) faults.push(missing(task, "REPORT", "and a score on the split that was searched would flatter"));
    return search && report ? [{ task, search, report }] : [];
  });
  const reported = new Map(tasks.map(({ task, report }) => [report.blobSha256, task.name]));
  for (const { task, search } of tasks) {
    const other = reported.get(search.blobSha256);
    if (other !== undefined)
      faults.push(
        fault(
          "SAME_SPLIT",
          `The search split of ${task.name} has the same bytes as the report split of ${other}; scores on data that was searched prove nothing.`,
          ["tasks"],
        ),
      );
  }
  refuseAll([...faults, ...mixedDirections(tasks, input)]);
  refuseAll((await Promise.all(tasks.map((task) => sharedExamples(deps, task)))).flat());
  return { suiteId, tasks };
}

/** Real data repeats itself a little; more than this is a mistake. */
const mostShared = 0.05;

export async function sharedExamples(deps: Deps, { task, search, report }: ChosenTask): Promise<Fault[]> {
  const shared = await countShared(deps, search, report);
  if (shared <= mostShared * report.exampleCount) return [];
  const message = `${shared} of the ${report.exampleCount} examples in the report split of ${task.name} are in its search split as well, so its report score would flatter. Take them out of one of the two.`;
  return [fault("SPLITS_OVERLAP", message, ["tasks"])];
}

export const missing = (task: Task, purpose: string, why: string): Fault =>
  fault("NO_SPLIT", `The task ${task.namespace}/${task.name} has no ${purpose} split, ${why}.`, ["tasks"]);

/** A mean of accuracies and bits per token has no meaning. */
export function mixedDirections(tasks: readonly ChosenTask[], { aggregate }: Pick<StartInput, "aggregate">): Fault[] {
  const down = tasks.filter(({ task }) => kindFacts[kindName(task.kind)].lowerIsBetter);
  if (aggregate === "NORMALISED_MEAN" || down.length === 0 || down.length === tasks.length) return [];
  const name = down[0]?.task.name;
  return [
    fault(
      "MIXED_METRICS",
      `Less is better on ${name} but more on the others, so their scores cannot be averaged; take the aggregate NORMALISED_MEAN.`,
      ["aggregate"],
    ),
  ];
}

async function findTasks(deps: Deps, input: StartInput): Promise<{ suiteId: string | null; tasks: readonly TaskWithSplits[] }> {
  if (input.suite != null && input.tasks.length > 0) refuse("INVALID_INPUT", "Name a suite or tasks, not both.", ["tasks"]);
  if (input.suite != null) {
    const [namespace = "", name = ""] = qualified(input.suite, input.namespace);
    const suite = await loadSuite(deps, namespace, name);
    if (!suite) refuse("NOT_FOUND", `There is no suite ${namespace}/${name}.`, ["suite"]);
    return { suiteId: suite.id, tasks: suite.tasks };
  }
  if (input.tasks.length === 0)
    refuse("NO_TASKS", "Name a suite or at least one task: a study needs something to score its trials on.", ["tasks"]);
  const faults: Fault[] = [];
  const tasks: TaskWithSplits[] = [];
  for (const [i, text] of input.tasks.entries()) {
    const [namespace = "", name = ""] = qualified(text.replaceAll("\u0000", ""), input.namespace);
    const task = await deps.db.task.findUnique({ where: { namespace_name: { namespace, name } }, include: { splits: true } });
    if (!task) faults.push(fault("NOT_FOUND", `There is no task ${namespace}/${name}.`, ["tasks", i]));
    else if (tasks.some(({ id }) => id === task.id))
      faults.push(fault("TASK_TWICE", `The task ${task.name} is listed twice.`, ["tasks", i]));
    else tasks.push(task);
  }
  refuseAll(faults);
  return { suiteId: null, tasks };
}

/** namespace/name; a plain name is in the study's own namespace. */
export function qualified(text: string, namespace: string): readonly string[] {
  const at = text.indexOf("/");
  return at < 0 ? [namespace, text] : [text.slice(0, at), text.slice(at + 1)];
}
