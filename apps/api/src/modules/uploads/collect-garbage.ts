import type { Deps } from "../../deps.ts";
import { blobKey } from "../../platform/object-store.ts";
import { dropUpload } from "./upload-parts.ts";

const keptForMs = 24 * 3600_000;
const atOnce = 500;

/** Removes uploads that were abandoned, and blobs that no version, task, data set or statistic has needed for a day. */
export async function collectGarbage(deps: Deps): Promise<{ uploads: number; blobs: number }> {
  const before = new Date(deps.clock().getTime() - keptForMs);
  const uploads = await deps.db.upload.findMany({
    where: { createdAt: { lt: before }, parts: { none: { receivedAt: { gte: before } } } },
    take: atOnce,
  });
  for (const upload of uploads) await dropUpload(deps, upload);
  const candidates = await deps.db.blob.findMany({
    where: {
      createdAt: { lt: before },
      files: { none: {} },
      splits: { none: {} },
      datasetSplits: { none: {} },
      statistics: { none: {} },
    },
    select: { sha256: true },
    take: atOnce,
  });
  let blobs = 0;
  for (const { sha256 } of candidates) if (await removeBlob(deps, sha256)) blobs++;
  return { uploads: uploads.length, blobs };
}

/**
 * The object goes before its row, under the row's lock: whoever finds no row may store the bytes anew at once, and whoever found
 * the row fails at its foreign key instead of pointing at nothing. A crash in between leaves a row that `findStoredBlob` sees through.
 */
async function removeBlob(deps: Deps, sha256: string): Promise<boolean> {
  return deps.db.$transaction(async (tx) => {
    await tx.$queryRaw`select 1 from "Blob" where sha256 = ${sha256} for update`;
    // A version that is being verified counts on the bytes it was told are there.
    const wanted = await tx.file.count({ where: { sha256, version: { state: { not: "REJECTED" } } } });
    const users = [
      { files: { some: {} } },
      { splits: { some: {} } },
      { datasetSplits: { some: {} } },
      { statistics: { some: {} } },
    ];
    const used = await tx.blob.count({ where: { sha256, OR: users } });
    if (wanted > 0 || used > 0) return false;
    await deps.store.delete(blobKey(sha256));
    await tx.blob.delete({ where: { sha256 } });
    return true;
  });
}
