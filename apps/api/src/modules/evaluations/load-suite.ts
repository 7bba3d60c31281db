import type { Deps } from "../../deps.ts";
import type { ModelVersion, Split, Suite, Task } from "../../generated/prisma/client.ts";

type SuiteTaskView = Task & { readonly splits: readonly Split[]; readonly expert: ModelVersion | null };
export type SuiteView = Suite & { readonly tasks: readonly SuiteTaskView[] };

/** A suite with its tasks in order, their splits and experts. */
export async function loadSuite(deps: Deps, namespace: string, name: string): Promise<SuiteView | null> {
  if (namespace.includes("\u0000") || name.includes("\u0000")) return null;
  const suite = await deps.db.suite.findUnique({
    where: { namespace_name: { namespace, name } },
    include: { tasks: { orderBy: { position: "asc" }, include: { task: { include: { splits: true, expert: true } } } } },
  });
  return suite && { ...suite, tasks: suite.tasks.map(({ task }) => task) };
}
