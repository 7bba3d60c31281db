import type { Deps } from "../../deps.ts";

/** Queues merges that waited for what a run has measured. Asking too often is harmless: one that still has to wait goes on waiting. */
export async function wakeWaiting(deps: Deps, statisticRunId: string): Promise<void> {
  const waiting = await deps.db.run.findMany({
    where: { kind: "MERGE", state: "QUEUED", needs: { some: { statistic: { runId: statisticRunId } } } },
    select: { id: true },
  });
  for (const { id } of waiting) await deps.queue.add("execute-merge", id);
}
