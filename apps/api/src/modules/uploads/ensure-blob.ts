import type { Inspection } from "@amalgam/engine/formats";
import type { Deps } from "../../deps.ts";
import type { Blob as BlobRow, Prisma } from "../../generated/prisma/client.ts";
import { BadBytesError } from "./bad-bytes-error.ts";
import { inspectBlob } from "./inspect-blob.ts";
import { saveInspection } from "./save-inspection.ts";
import { type StoreOptions, storeUpload } from "./store-upload.ts";
import { findStoredBlob } from "./stored-blob.ts";
import { dropUpload, findCompleteUpload } from "./upload-parts.ts";

export interface WantedBytes {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: bigint;
}

/**
 * Sees to it that the store holds these bytes, checked, and that what was uploaded for them is gone. Bytes the store has are
 * not read again, unless they were stored as something else than safetensors.
 * @throws BadBytesError when the bytes are at fault
 */
export async function ensureBlob(
  deps: Deps,
  wanted: WantedBytes,
  options: Omit<StoreOptions, "isSafetensors">,
): Promise<BlobRow> {
  const isSafetensors = wanted.path.endsWith(".safetensors");
  const stored = await findStoredBlob(deps, wanted.sha256);
  if (stored) return useStored(deps, stored, wanted, { ...options, isSafetensors });
  const upload = await findCompleteUpload(deps, { sha256: wanted.sha256, sizeBytes: wanted.sizeBytes });
  if (!upload) throw new BadBytesError("NOT_UPLOADED", "The uploaded bytes are gone. Push the file again.");
  try {
    const inspection = await storeUpload(deps, upload, { ...options, isSafetensors });
    const row = await saveBlob(deps, { sha256: wanted.sha256, sizeBytes: wanted.sizeBytes }, inspection);
    await dropUpload(deps, upload);
    return row;
  } catch (error) {
    // Another run may have stored the same bytes meanwhile and dropped the upload under us.
    const theirs = await findStoredBlob(deps, wanted.sha256);
    if (theirs) return useStored(deps, theirs, wanted, { ...options, isSafetensors });
    // Bad bytes will not get better: the next upload starts anew.
    if (error instanceof BadBytesError) await dropUpload(deps, upload);
    throw error;
  }
}

async function useStored(deps: Deps, blob: BlobRow, wanted: WantedBytes, options: StoreOptions): Promise<BlobRow> {
  if (blob.sizeBytes !== wanted.sizeBytes)
    throw new BadBytesError("SIZE_MISMATCH", `The bytes are ${blob.sizeBytes} long, but ${wanted.sizeBytes} was declared.`);
  if (!options.isSafetensors || blob.inspectedAt) return blob;
  return saveBlob(deps, blob, await inspectBlob(deps, blob, options));
}

async function saveBlob(
  deps: Deps,
  blob: { sha256: string; sizeBytes: bigint },
  inspection: Inspection | null,
): Promise<BlobRow> {
  const { sha256, sizeBytes } = blob;
  return deps.db.$transaction(
    async (tx: Prisma.TransactionClient) => {
      await tx.blob.createMany({ data: { sha256, sizeBytes }, skipDuplicates: true });
      if (inspection) await saveInspection(tx, inspection, deps.clock());
      return tx.blob.findUniqueOrThrow({ where: { sha256 } });
    },
    { timeout: 120_000 },
  );
}
