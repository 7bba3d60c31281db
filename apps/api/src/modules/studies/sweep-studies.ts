import type { Deps } from "../../deps.ts";

const queuedForMs = 10_000;
const silentForMs = 30_000;

/**
 * Finds studies that nobody takes further: new ones, those whose batch is over, those whose best is being merged or scored, and trials whose
 * worker is silent. Asking too often is harmless.
 */
export async function sweepStudies(deps: Deps): Promise<number> {
  const now = deps.clock().getTime();
  const isOpen = { state: { in: ["QUEUED" as const, "RUNNING" as const] } };
  const idle = await deps.db.study.findMany({ where: { ...isOpen, trials: { none: isOpen } }, select: { id: true }, take: 100 });
  for (const { id } of idle) await deps.queue.add("advance-study", id);
  const lost = await deps.db.trial.findMany({
    where: {
      study: { state: "RUNNING" },
      OR: [
        { state: "QUEUED", createdAt: { lt: new Date(now - queuedForMs) } },
        { state: "RUNNING", heartbeatAt: { lt: new Date(now - silentForMs) } },
      ],
    },
    select: { id: true },
    take: 500,
  });
  for (const { id } of lost) await deps.queue.add("run-trial", id);
  return idle.length + lost.length;
}
