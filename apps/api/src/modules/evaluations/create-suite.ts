import type { Fault } from "@amalgam/engine/merge";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { Suite } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { nameOnlySchema, namespaceSchema, textSchema } from "../names.ts";
import { fault, parseInput, refuse, refuseAll } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";

const inputSchema = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  title: textSchema(200).min(1, "The title is empty."),
  tasks: z.array(z.string().max(200)).min(1, "A suite has at least one task.").max(100, "A suite has 100 tasks at most."),
});

type SuiteWithTasks = Suite & { readonly tasks: readonly { readonly taskId: string }[] };

/** Names a list of tasks. A suite does not change: asking again with the same tasks answers the one there is. */
export async function createSuite(deps: Deps, actor: Actor, input: unknown): Promise<Suite> {
  authorise(actor, "write");
  const { namespace, name, title, tasks } = parseInput(inputSchema, input);
  const taskIds = await findTasks(deps, namespace, tasks);
  const earlier = await findSuite(deps, namespace, name);
  if (earlier) return same(earlier, taskIds);
  try {
    const rows = taskIds.map((taskId, position) => ({ taskId, position }));
    return await deps.db.suite.create({ data: { namespace, name, title, tasks: { create: rows } } });
  } catch (error) {
    const winner = isUniqueViolation(error) ? await findSuite(deps, namespace, name) : null;
    if (!winner) throw error;
    return same(winner, taskIds);
  }
}

function findSuite(deps: Deps, namespace: string, name: string): Promise<SuiteWithTasks | null> {
  const tasks = { orderBy: { position: "asc" } } as const;
  return deps.db.suite.findUnique({ where: { namespace_name: { namespace, name } }, include: { tasks } });
}

function same(suite: SuiteWithTasks, taskIds: readonly string[]): Suite {
  if (suite.tasks.map(({ taskId }) => taskId).join() !== taskIds.join())
    refuse(
      "SUITE_EXISTS",
      `The suite ${suite.namespace}/${suite.name} exists with other tasks, and its scores depend on them. Choose another name.`,
      ["name"],
    );
  return suite;
}

async function findTasks(deps: Deps, namespace: string, names: readonly string[]): Promise<string[]> {
  const faults: Fault[] = [];
  const ids: string[] = [];
  for (const [i, given] of names.entries()) {
    const [space, name] = given.includes("/") ? given.split("/", 2) : [namespace, given];
    const task = await deps.db.task.findUnique({ where: { namespace_name: { namespace: clean(space), name: clean(name) } } });
    if (!task) faults.push(fault("NOT_FOUND", `There is no task ${JSON.stringify(given.slice(0, 100))}.`, ["tasks", i]));
    else if (ids.includes(task.id)) faults.push(fault("TASK_TWICE", `The task ${given} is listed twice.`, ["tasks", i]));
    else ids.push(task.id);
  }
  refuseAll(faults);
  return ids;
}

const clean = (text: string | undefined): string => (text ?? "").replaceAll("\u0000", "");
