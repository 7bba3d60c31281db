import type { Deps } from "../../deps.ts";
import type { Upload } from "../../generated/prisma/client.ts";
import { uploadPartKey } from "../../platform/object-store.ts";
import { partLength } from "./upload-size.ts";

/** The bytes of an upload from `offset` on, part after part. */
export async function* readParts(deps: Deps, upload: Upload, offset = 0): AsyncGenerator<Uint8Array, undefined> {
  const first = Math.floor(offset / upload.partSizeBytes);
  for (let number = first; number < upload.partCount; number++) {
    const start = number === first ? offset - first * upload.partSizeBytes : 0;
    const range = start === 0 ? undefined : { start, end: partLength(upload, number) };
    yield* deps.store.get(uploadPartKey(upload.id, number), range);
  }
}

/** An upload of these bytes that has all its parts; of this account when one is given. */
export async function findCompleteUpload(
  deps: Deps,
  wanted: { sha256: string; sizeBytes: bigint; accountId?: string },
): Promise<Upload | null> {
  const uploads = await deps.db.upload.findMany({ where: wanted, include: { _count: { select: { parts: true } } } });
  return uploads.find((upload) => upload._count.parts === upload.partCount) ?? null;
}

/** Removes the upload and its parts. The row goes first: without it nobody reads the parts any more. */
export async function dropUpload(deps: Deps, upload: { readonly id: string; readonly partCount: number }): Promise<void> {
  await deps.db.upload.deleteMany({ where: { id: upload.id } });
  for (let number = 0; number < upload.partCount; number++) await deps.store.delete(uploadPartKey(upload.id, number));
}
