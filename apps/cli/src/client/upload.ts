import { open, stat } from "node:fs/promises";
import { refusal } from "../failure.ts";
import { accepted, execute, patience } from "./graphql.ts";
import { isTransient, send, TransientError, unreachable } from "./http.ts";
import type { HashedFile } from "./local-files.ts";
import { beginUpload, type Upload } from "./operations.ts";
import { retry } from "./retry.ts";
import type { Server } from "./server.ts";
import { inParallel, missingParts, type Part } from "./upload-plan.ts";

export interface UploadOptions {
  readonly signal?: AbortSignal;
  /** Called with bytes sent, or found to be there already. */
  readonly onBytes?: (count: number, wasThere: boolean) => void;
  readonly width?: number;
}

/** A part can be refused because the server lost it in a restart; two more rounds settle that. */
const rounds = 3;

const begin = async (server: Server, { sha256, sizeBytes }: HashedFile, signal?: AbortSignal): Promise<Upload> =>
  accepted((await execute(server, beginUpload, { input: { sha256, sizeBytes } }, { signal, attempts: patience })).beginUpload)
    .upload;

/** Sends what the server lacks of one file; ends when the server has every byte. */
export async function uploadFile(
  server: Server,
  file: HashedFile,
  { signal, onBytes, width = 4 }: UploadOptions = {},
): Promise<void> {
  let upload = await begin(server, file, signal);
  let missing = missingParts(upload);
  onBytes?.(file.sizeBytes - missing.reduce((sum, part) => sum + part.length, 0), true);
  for (let round = 0; missing.length > 0; round += 1) {
    if (round === rounds)
      throw refusal("UPLOAD_INCOMPLETE", `The server does not keep all parts of ${file.path}. Run the command again.`, [
        file.path,
      ]);
    await sendParts(server, file, upload, missing, {
      ...(signal ? { signal } : {}),
      width,
      onBytes: round === 0 ? onBytes : undefined,
    });
    upload = await begin(server, file, signal);
    missing = missingParts(upload);
  }
}

interface SendOptions {
  readonly signal?: AbortSignal;
  readonly width: number;
  readonly onBytes: UploadOptions["onBytes"];
}

async function sendParts(
  server: Server,
  file: HashedFile,
  upload: Upload,
  parts: readonly Part[],
  { signal, width, onBytes }: SendOptions,
): Promise<void> {
  const source = await open(file.location);
  try {
    await inParallel(parts, width, async ({ index, start, length }) => {
      signal?.throwIfAborted();
      const body = new Uint8Array(length);
      const { bytesRead } = await source.read(body, 0, length, start);
      if (bytesRead !== length) throw changed(file);
      const put = () =>
        send(server, `/uploads/${encodeURIComponent(upload.id)}/parts/${index}`, {
          method: "PUT",
          body,
          headers: { "content-type": "application/octet-stream" },
          ...(signal ? { signal } : {}),
        });
      await retry(put, { signal, isTransient });
      onBytes?.(length, false);
    });
    const { size, mtimeMs } = await stat(file.location);
    if (size !== file.sizeBytes || mtimeMs !== file.modifiedMs) throw changed(file);
  } catch (error) {
    throw error instanceof TransientError ? unreachable(server, error.reason) : error;
  } finally {
    await source.close();
  }
}

const changed = (file: HashedFile): Error =>
  refusal("FILE_CHANGED", `${file.location} changed while it was being sent. Run the command again when nothing writes to it.`, [
    file.location,
  ]);
