import type { Deps } from "../../deps.ts";
import type { ModelVersion, Split, Task } from "../../generated/prisma/client.ts";
import { refuse } from "../refuse.ts";

export type TaskWithSplits = Task & { readonly splits: readonly Split[]; readonly expert: ModelVersion | null };

/** The task of a name, namespace/name. */
export async function loadTask(deps: Deps, text: string, path: readonly (string | number)[]): Promise<TaskWithSplits> {
  const [namespace = "", name = ""] = text.replaceAll("\u0000", "").split("/");
  const where = { namespace_name: { namespace, name } };
  const task = await deps.db.task.findUnique({ where, include: { splits: true, expert: true } });
  if (!task) refuse("NOT_FOUND", `There is no task ${JSON.stringify(text.slice(0, 200))}. Write it as namespace/name.`, path);
  return task;
}

/**
 * The split that statistics are measured on. Never the one that scores are reported on: what was measured there, the scores would flatter.
 */
export function splitFor(task: TaskWithSplits, purpose: "SEARCH" | "TRAIN", path: readonly (string | number)[]): Split {
  const name = `${task.namespace}/${task.name}`;
  const split = task.splits.find((each) => each.purpose === purpose);
  if (!split) refuse("NO_SPLIT", `The task ${name} has no ${purpose} split to measure on.`, path);
  if (task.splits.some((each) => each.purpose === "REPORT" && each.blobSha256 === split.blobSha256))
    refuse(
      "SAME_SPLIT",
      `The ${purpose} split of ${name} has the same bytes as its REPORT split; a merge that knows them would be flattered by its score.`,
      path,
    );
  if (split.exampleCount === 0)
    refuse("NO_EXAMPLES", `The ${purpose} split of ${name} has no examples that could be counted.`, path);
  return split;
}
