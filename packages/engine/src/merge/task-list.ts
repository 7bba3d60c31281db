import { refuse } from "./fault.ts";
import { type Fields, isFields } from "./record.ts";

/** One task of an EMR result, as emr.json lists it. */
export interface ListedTask {
  readonly name: string;
  /** What stands before the name of a tensor in the name of its mask */
  readonly mask: string;
  /** Factor of the unified vector behind the mask */
  readonly scaler: number;
}

export const taskListFile = "emr.json";

/** @throws RefusedError when emr.json is missing, or not what method emr writes */
export function readTaskList(file: Fields | null, label: string): ListedTask[] {
  const tasks: unknown = file?.["tasks"];
  if (!Array.isArray(tasks)) throw refuse("TASKS_INVALID", `${label}: ${taskListFile} is missing or lists no tasks.`);
  return tasks.map((task: unknown, i) => {
    const { name, mask, scaler } = isFields(task) ? task : {};
    if (typeof name !== "string" || typeof mask !== "string" || typeof scaler !== "number" || !Number.isFinite(scaler))
      throw refuse("TASKS_INVALID", `${label}: task ${i} of ${taskListFile} has no name, mask and scaler.`);
    return { name, mask, scaler };
  });
}
