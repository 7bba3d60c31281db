import { mkdir, rename, rmdir, stat } from "node:fs/promises";
import path from "node:path";
import { folderDigest } from "@amalgam/engine/merge";
import { refusal } from "../failure.ts";
import { formatBytes } from "../terminal/format.ts";
import { startProgress } from "../terminal/progress.ts";
import { downloadFiles, safePath } from "./download.ts";
import { execute } from "./graphql.ts";
import { type RemoteFile, type Version, versionByRef } from "./operations.ts";
import type { Server } from "./server.ts";

export type Pulled = Version & { readonly files: readonly RemoteFile[] };

/** A version that can be downloaded: verified, with files that match its digest. */
export async function findVersion(server: Server, ref: string): Promise<Pulled> {
  const { version } = await execute(server, versionByRef, { ref });
  if (!version) throw refusal("NO_VERSION", `${server.url} has no version ${ref}.`, [ref]);
  if (version.state === "REJECTED")
    throw refusal("REJECTED", `${version.ref} was rejected: ${version.rejection?.message ?? "no reason given"}`, [ref]);
  if (version.state === "VERIFYING")
    throw refusal("VERIFYING", `${version.ref} is still being verified. Try again in a moment.`, [ref]);
  for (const file of version.files) safePath(file.path);
  if (folderDigest(version.files) !== version.digest) {
    throw refusal("DIGEST_MISMATCH", `The server's file list of ${version.ref} does not match its digest. Nothing was written.`, [
      ref,
    ]);
  }
  return version;
}

const removeIfEmpty = (folder: string): Promise<void> => rmdir(folder).catch(() => {});

/** Downloads the files of a version into a new folder; what an interrupted call left beside it is used. */
export async function pullInto(server: Server, version: Pulled, folder: string, signal: AbortSignal): Promise<void> {
  // Named by digest: a later pull of the same version finds it and goes on, a pull of another one does not.
  const partial = `${folder}.partial-${(version.digest ?? version.id).slice(0, 12)}`;
  await mkdir(partial, { recursive: true });
  const total = version.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const progress = startProgress("Downloading");
  let done = 0;
  const onBytes = (count: number): void => {
    done += count;
    progress.update({ done, total });
  };
  try {
    await downloadFiles(server, version.files, partial, { signal, onBytes });
  } catch (error) {
    progress.finish();
    await removeIfEmpty(partial);
    throw error;
  }
  progress.finish(`Downloaded ${formatBytes(total)}, every digest checked`);
  await removeIfEmpty(folder); // some systems do not rename onto a folder that exists
  await rename(partial, folder);
}

/** The folder of a version in a cache, by content; downloaded when it is not there yet. */
export async function pullIntoCache(server: Server, version: Pulled, cache: string, signal: AbortSignal): Promise<string> {
  const folder = path.join(cache, version.digest ?? version.id);
  if (await stat(folder).catch(() => null)) return folder;
  await mkdir(cache, { recursive: true });
  await pullInto(server, version, folder, signal);
  return folder;
}
