import { mkdir, readdir, rename, rmdir } from "node:fs/promises";
import path from "node:path";
import { folderDigest } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { downloadFiles, safePath } from "../client/download.ts";
import { execute } from "../client/graphql.ts";
import { type RemoteFile, type Version, versionByRef } from "../client/operations.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer, type Server } from "../client/server.ts";
import { refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { formatBytes, formatDigest, plural } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";

type Pulled = Version & { readonly files: readonly RemoteFile[] };

async function findVersion(server: Server, ref: string): Promise<Pulled> {
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

/** An existing folder is never written into, except an empty one. */
async function assertFree(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error.code === "ENOTDIR" ? refusal("EXISTS", `${folder} is a file. Choose another folder.`, [folder]) : error;
  });
  if (entries.length > 0)
    throw refusal("EXISTS", `${folder} exists already and is not empty. Choose another folder, or remove it.`, [folder]);
}

const removeIfEmpty = (folder: string): Promise<void> => rmdir(folder).catch(() => {});

async function fetchInto(server: Server, version: Pulled, folder: string, signal: AbortSignal): Promise<void> {
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

export const pull = defineCommand({
  meta: { name: "pull", description: "Download a version into a new folder" },
  args: {
    ref: { type: "positional", required: true, description: "namespace/name, namespace/name@3 or namespace/name@alias" },
    dir: { type: "positional", required: true, description: "Folder to make", valueHint: "folder" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    parseRef(args.ref);
    const folder = path.resolve(args.dir);
    await assertFree(folder);
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const version = await findVersion(server, args.ref);
    const stopped = "Stopped. What arrived is kept beside the folder: run the same command again to go on.";
    await interruptible((signal) => fetchInto(server, version, folder, signal), stopped);
    if (args.json === true) return printJson({ ...version, folder });
    print(
      `${version.ref}  ${plural(version.files.length, "file")}, ${formatBytes(version.sizeBytes)}, digest ${formatDigest(version.digest)}`,
    );
    print(`in ${folder}`);
  },
});
