import type { Deps } from "../../deps.ts";
import type { Statistic } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";

/** What its file is called when it is downloaded; the key begins like this. */
export const statisticFileName = ({ kind, key }: Pick<Statistic, "kind" | "key">): string =>
  `${kind.toLowerCase()}-${key.slice(0, 12)}.safetensors`;

/** The file of a statistic that has been measured; null when there is none of this name. */
export async function findStatisticFile(
  deps: Deps,
  actor: Actor,
  wanted: { readonly statisticId: string; readonly path: string },
): Promise<{ path: string; sha256: string; sizeBytes: bigint } | null> {
  authorise(actor, "read");
  const row = await deps.db.statistic.findUnique({ where: { id: wanted.statisticId } });
  if (!row || row.blobSha256 === null || row.sizeBytes === null || statisticFileName(row) !== wanted.path) return null;
  return { path: wanted.path, sha256: row.blobSha256, sizeBytes: row.sizeBytes };
}
