import type { Deps } from "../../deps.ts";
import type { ModelVersion, Run } from "../../generated/prisma/client.ts";

/** The run of this identity that is done or on its way; the database allows one. */
export function findEarlierMerge(deps: Deps, identity: string): Promise<(Run & { version: ModelVersion }) | null> {
  return deps.db.run.findFirst({
    where: { identity, kind: "MERGE", state: { notIn: ["FAILED", "CANCELLED"] } },
    include: { version: true },
  });
}
