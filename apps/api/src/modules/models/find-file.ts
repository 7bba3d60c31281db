import type { Deps } from "../../deps.ts";
import type { File } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";

/** A file whose bytes are verified and stored; null when there is none. */
export async function findFile(deps: Deps, actor: Actor, wanted: { versionId: string; path: string }): Promise<File | null> {
  authorise(actor, "read");
  if (wanted.path.includes("\u0000")) return null;
  return deps.db.file.findFirst({ where: { ...wanted, blobSha256: { not: null } } });
}
