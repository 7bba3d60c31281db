import type { Deps } from "../../deps.ts";
import type { Blob as BlobRow } from "../../generated/prisma/client.ts";
import { blobKey } from "../../platform/object-store.ts";

/** The row of these bytes when the store really holds them. */
export async function findStoredBlob(deps: Deps, sha256: string): Promise<BlobRow | null> {
  const row = await deps.db.blob.findUnique({ where: { sha256 } });
  if (!row) return null;
  const object = await deps.store.stat(blobKey(sha256));
  return object && BigInt(object.sizeBytes) === row.sizeBytes ? row : null;
}
