import { createHash } from "node:crypto";
import { FormatError, type Inspection, inspectSafetensors } from "@amalgam/engine/formats";
import type { Deps } from "../../deps.ts";
import type { Upload } from "../../generated/prisma/client.ts";
import { blobKey } from "../../platform/object-store.ts";
import { BadBytesError } from "./bad-bytes-error.ts";
import { byteChannel } from "./byte-channel.ts";
import { checkInspection } from "./check-inspection.ts";
import { sequentialSource } from "./sequential-source.ts";
import { readParts } from "./upload-parts.ts";

export interface StoreOptions {
  readonly isSafetensors: boolean;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytesDone: number) => void;
}

/**
 * Moves the bytes of an upload into the blob store in one pass that also checks them: the object appears only if their sha256
 * is the declared one and, for safetensors, every rule of the format holds.
 * @throws BadBytesError when the bytes are at fault
 */
export async function storeUpload(deps: Deps, upload: Upload, options: StoreOptions): Promise<Inspection | null> {
  return options.isSafetensors ? storeSafetensors(deps, upload, options) : storePlain(deps, upload, options);
}

async function storePlain(deps: Deps, upload: Upload, { signal, onBytes }: StoreOptions): Promise<null> {
  async function* checked(): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    let done = 0;
    for await (const bytes of readParts(deps, upload)) {
      signal?.throwIfAborted();
      hash.update(bytes);
      done += bytes.length;
      yield bytes;
      onBytes?.(done);
    }
    checkDigest(upload.sha256, hash.digest("hex"));
  }
  await deps.store.put(blobKey(upload.sha256), checked(), Number(upload.sizeBytes));
  return null;
}

async function storeSafetensors(deps: Deps, upload: Upload, { signal, onBytes }: StoreOptions): Promise<Inspection> {
  const size = Number(upload.sizeBytes);
  const channel = byteChannel();
  const stored = deps.store.put(blobKey(upload.sha256), channel.bytes, size);
  stored.catch((reason) => channel.fail(reason));
  const source = sequentialSource({
    size,
    openAt: (offset) => readParts(deps, upload, offset),
    onFirst: (bytes) => channel.write(bytes),
  });
  try {
    const inspection = await inspectSafetensors(source, { signal, onProgress: ({ bytesDone }) => onBytes?.(bytesDone) });
    checkDigest(upload.sha256, inspection.sha256);
    checkInspection(inspection);
    channel.end();
    await stored;
    return inspection;
  } catch (error) {
    channel.fail(error);
    // When the store gave up first, its reason is the one to tell.
    const reason = await stored.then(
      () => error,
      (storeError) => storeError,
    );
    throw error instanceof BadBytesError || error instanceof FormatError ? asBadBytes(error) : reason;
  } finally {
    await source.close();
  }
}

function asBadBytes(error: BadBytesError | FormatError): BadBytesError {
  return error instanceof FormatError ? new BadBytesError(error.code, error.message) : error;
}

function checkDigest(declared: string, actual: string): void {
  if (declared === actual) return;
  throw new BadBytesError(
    "DIGEST_MISMATCH",
    `The bytes have the sha256 ${actual}, but ${declared} was declared. The file changed or was damaged on the way; push it again.`,
  );
}
