import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { refusal } from "../failure.ts";
import { isTransient, networkFailure, send, TransientError, unreachable } from "./http.ts";
import type { RemoteFile } from "./operations.ts";
import { retry } from "./retry.ts";
import type { Server } from "./server.ts";
import { inParallel } from "./upload-plan.ts";

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly onBytes?: (count: number) => void;
  readonly width?: number;
}

/** A name from the server may not lead out of the folder that it is written to. */
export function safePath(name: string): string {
  const parts = name.split("/");
  const harmless = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!harmless || name.includes("\\") || name.includes("\0") || path.isAbsolute(name)) {
    throw refusal(
      "UNSAFE_PATH",
      `The server names a file ${JSON.stringify(name)}, which would leave the folder. Nothing was written.`,
      [name],
    );
  }
  return name;
}

const sizeOf = async (file: string): Promise<number | null> => (await stat(file).catch(() => null))?.size ?? null;

/**
 * Fetches the files into `folder`, several at a time, each checked against its digest. What an earlier, interrupted call left
 * there is used: whole files carry their final name only after the check, the others go on from their last byte.
 */
export async function downloadFiles(
  server: Server,
  files: readonly RemoteFile[],
  folder: string,
  { signal, onBytes, width = 4 }: DownloadOptions = {},
): Promise<void> {
  for (const file of files) safePath(file.path);
  try {
    await inParallel(files, width, async (file) => {
      const target = path.join(folder, ...file.path.split("/"));
      await mkdir(path.dirname(target), { recursive: true });
      if ((await sizeOf(target)) === file.sizeBytes) onBytes?.(file.sizeBytes);
      else await downloadFile(server, file, target, { ...(signal ? { signal } : {}), ...(onBytes ? { onBytes } : {}) });
    });
  } catch (error) {
    throw error instanceof TransientError ? unreachable(server, error.reason) : error;
  }
}

async function downloadFile(
  server: Server,
  file: RemoteFile,
  target: string,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  const partial = `${target}.part`;
  let hash = createHash("sha256");
  let have = Math.min((await sizeOf(partial)) ?? 0, file.sizeBytes);
  if (have > 0) for await (const chunk of createReadStream(partial, { end: have - 1 })) hash.update(chunk as Buffer);
  onBytes?.(have);
  const out = await open(partial, have > 0 ? "r+" : "w");
  try {
    const fetchRest = async (): Promise<void> => {
      if (have >= file.sizeBytes) return;
      const response = await send(server, file.downloadPath, {
        headers: { range: `bytes=${have}-` },
        ...(signal ? { signal } : {}),
      });
      if (have > 0 && response.status !== 206) {
        onBytes?.(-have);
        have = 0;
        hash = createHash("sha256");
      }
      for await (const chunk of bodyOf(response, signal)) {
        if (have + chunk.length > file.sizeBytes)
          throw refusal("TOO_LONG", `The server sends more bytes of ${file.path} than it announced.`, [file.path]);
        await out.write(chunk, 0, chunk.length, have);
        hash.update(chunk);
        have += chunk.length;
        onBytes?.(chunk.length);
      }
      if (have < file.sizeBytes) throw new TransientError("the connection was cut");
    };
    await retry(fetchRest, { signal, isTransient });
    await out.sync();
  } finally {
    await out.close();
  }
  const sha256 = hash.digest("hex");
  if (sha256 !== file.sha256) {
    await rm(partial);
    throw refusal(
      "DIGEST_MISMATCH",
      `${file.path} arrived with digest ${sha256}, but the version says ${file.sha256}. Run the command again.`,
      [file.path],
    );
  }
  await rename(partial, target);
}

async function* bodyOf(response: Response, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  if (!response.body) return;
  try {
    yield* response.body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw networkFailure(error, signal);
  }
}
