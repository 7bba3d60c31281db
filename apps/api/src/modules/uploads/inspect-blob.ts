import { FormatError, type Inspection, inspectSafetensors } from "@amalgam/engine/formats";
import type { Deps } from "../../deps.ts";
import { blobKey } from "../../platform/object-store.ts";
import { BadBytesError } from "./bad-bytes-error.ts";
import { checkInspection } from "./check-inspection.ts";
import { sequentialSource } from "./sequential-source.ts";
import type { StoreOptions } from "./store-upload.ts";

/** Inspects a blob that was stored before as something else. */
export async function inspectBlob(
  deps: Deps,
  blob: { sha256: string; sizeBytes: bigint },
  options: StoreOptions,
): Promise<Inspection> {
  const size = Number(blob.sizeBytes);
  async function* openAt(start: number): AsyncGenerator<Uint8Array, undefined> {
    yield* deps.store.get(blobKey(blob.sha256), { start, end: size });
  }
  const source = sequentialSource({ size, openAt, onFirst: async () => {} });
  try {
    const inspection = await inspectSafetensors(source, {
      signal: options.signal,
      onProgress: ({ bytesDone }) => options.onBytes?.(bytesDone),
    });
    checkInspection(inspection);
    return inspection;
  } catch (error) {
    throw error instanceof FormatError ? new BadBytesError(error.code, error.message) : error;
  } finally {
    await source.close();
  }
}
