import fs from "node:fs/promises";
import path from "node:path";
import type { Deps } from "../../deps.ts";
import { isTerminal } from "./run.state.ts";

/** Removes the working folders of runs that have ended: those of a worker that died are left to us. */
export async function sweepScratch(deps: Deps): Promise<number> {
  let removed = 0;
  for (const kind of ["merges", "evaluations", "statistics"]) {
    const folder = path.join(deps.scratchDir, kind);
    const ids = await fs.readdir(folder).catch(() => []);
    const rows = await deps.db.run.findMany({ where: { id: { in: ids } }, select: { id: true, state: true } });
    for (const id of ids) {
      const run = rows.find((row) => row.id === id);
      // The folder of a run that we do not know may belong to another registry that shares the disk.
      if (!run || !isTerminal(run.state)) continue;
      await fs.rm(path.join(folder, id), { recursive: true, force: true });
      removed++;
    }
  }
  return removed;
}
