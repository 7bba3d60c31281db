import fs from "node:fs/promises";
import path from "node:path";
import type { Deps } from "../../deps.ts";

/** Removes the working folders of trials that are over: those of a worker that died are left to us. */
export async function sweepTrials(deps: Deps): Promise<number> {
  const folder = path.join(deps.scratchDir, "trials");
  const ids = await fs.readdir(folder).catch(() => []);
  // The folder of a trial that we do not know may belong to another registry that shares the disk.
  const over = await deps.db.trial.findMany({
    where: { id: { in: ids }, state: { in: ["COMPLETE", "FAILED", "CANCELLED"] } },
    select: { id: true },
  });
  for (const { id } of over) await fs.rm(path.join(folder, id), { recursive: true, force: true });
  return over.length;
}
