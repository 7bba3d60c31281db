import type { Deps } from "../../deps.ts";
import type { BackendReport } from "./evaluator.ts";

/** What the workers compute with; empty before the first one has started. */
export function describeBackends(deps: Deps): Promise<BackendReport[]> {
  return deps.db.computeBackend.findMany({ orderBy: { position: "asc" } });
}

/** Called by a worker when it has chosen its backend. */
export async function recordBackends(deps: Deps, reports: readonly BackendReport[]): Promise<void> {
  const seenAt = deps.clock();
  await deps.db.$transaction([
    deps.db.computeBackend.deleteMany(),
    deps.db.computeBackend.createMany({
      data: reports.map((report, position) => ({ ...report, position, seenAt })),
      skipDuplicates: true,
    }),
  ]);
}
