import { refusal } from "../failure.ts";
import { accepted, execute, patience } from "./graphql.ts";
import { type HashedFile, hashFile, type LocalFile } from "./local-files.ts";
import { createModel, type RegisterVersionInput, registerVersion, type Version, versionByRef } from "./operations.ts";
import { waitUntilVerified } from "./runs.ts";
import type { Server } from "./server.ts";
import { uploadFile } from "./upload.ts";
import { inParallel } from "./upload-plan.ts";

export type PushStage = "hash" | "upload" | "verify";

export interface PushOptions {
  readonly signal?: AbortSignal;
  /** `done` of `total` bytes of the stage; `stored` counts what the server had already. */
  readonly onProgress?: (stage: PushStage, done: number, total: number, stored: number) => void;
}

export interface PushResult {
  readonly version: Version;
  readonly created: boolean;
  /** Bytes that really travelled. */
  readonly sentBytes: number;
}

const filesAtOnce = 3;

/** Hashes with at most two files at a time: the disk, not the hash, is the limit. */
export async function hashFiles(files: readonly LocalFile[], { signal, onProgress }: PushOptions = {}): Promise<HashedFile[]> {
  const total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const hashed = new Map<LocalFile, HashedFile>();
  let done = 0;
  onProgress?.("hash", 0, total, 0);
  await inParallel(files, 2, async (file) => {
    const onBytes = (count: number): void => {
      done += count;
      onProgress?.("hash", done, total, 0);
    };
    hashed.set(file, await hashFile(file, { onBytes, ...(signal ? { signal } : {}) }));
  });
  return files.flatMap((file) => hashed.get(file) ?? []);
}

/** Sends what the store lacks; answers with the bytes that travelled. */
export async function uploadFiles(
  server: Server,
  files: readonly HashedFile[],
  { signal, onProgress }: PushOptions = {},
): Promise<number> {
  const total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let [done, stored] = [0, 0];
  onProgress?.("upload", 0, total, 0);
  await inParallel(files, filesAtOnce, async (file) => {
    const onBytes = (count: number, wasThere: boolean): void => {
      done += count;
      if (wasThere) stored += count;
      onProgress?.("upload", done, total, stored);
    };
    await uploadFile(server, file, { onBytes, ...(signal ? { signal } : {}) });
  });
  return total - stored;
}

/** Model, files, version, verification: the whole journey of `amalgam push`. Safe to run again at any point. */
export async function pushVersion(
  server: Server,
  files: readonly LocalFile[],
  input: Omit<RegisterVersionInput, "files">,
  options: PushOptions = {},
): Promise<PushResult> {
  const { signal } = options;
  const { namespace, name } = input;
  if (input.base !== undefined) await assertVersion(server, input.base, signal);
  accepted((await execute(server, createModel, { input: { namespace, name } }, { signal })).createModel);
  const hashed = await hashFiles(files, options);
  const sentBytes = await uploadFiles(server, hashed, options);
  const registered = hashed.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes }));
  const { version, created } = accepted(
    (await execute(server, registerVersion, { input: { ...input, files: registered } }, { signal, attempts: patience }))
      .registerVersion,
  );
  options.onProgress?.("verify", 0, 1, 0);
  return { version: await waitUntilVerified(server, version.ref, { signal }), created, sentBytes };
}

/** A mistyped base should not cost an upload first. */
async function assertVersion(server: Server, ref: string, signal: AbortSignal | undefined): Promise<void> {
  const { version } = await execute(server, versionByRef, { ref }, { signal });
  if (!version) throw refusal("NO_VERSION", `There is no version ${ref} to be the base. Push it first.`, ["base"]);
}
