import type { Deps } from "../../deps.ts";
import { jobOf } from "./retry-run.ts";

const queuedForMs = 10_000;
const silentForMs = 30_000;

/**
 * Queues again every run whose job may be lost: waiting for long, or claimed by a worker that is silent. A job that is still
 * there is not doubled, and a run that is done is left alone by its handler, so asking too often is harmless.
 */
export async function sweepRuns(deps: Deps): Promise<number> {
  const now = deps.clock().getTime();
  const lost = await deps.db.run.findMany({
    where: {
      OR: [
        { state: "QUEUED", createdAt: { lt: new Date(now - queuedForMs) } },
        { state: { in: ["RUNNING", "CANCELLING"] }, heartbeatAt: { lt: new Date(now - silentForMs) } },
      ],
    },
    select: { id: true, kind: true },
    orderBy: { createdAt: "asc" },
    take: 500,
  });
  for (const { id, kind } of lost) await deps.queue.add(jobOf[kind], id);
  return lost.length;
}
