import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import type { Deps } from "../../deps.ts";
import { stageBlob } from "../../platform/stage-blob.ts";
import { BadFileError } from "./bad-file-error.ts";

interface StagedFile {
  readonly path: string;
  readonly sha256: string;
}

/**
 * Makes `folder` hold the files under their own names, as links to bytes on this disk, each checked against its digest.
 * @throws BadFileError naming the file whose bytes are not what was verified before
 */
export async function stageVersion(
  deps: Deps,
  { label, files, folder, signal }: { label: string; files: readonly StagedFile[]; folder: string; signal: AbortSignal },
): Promise<string> {
  for (const file of files) {
    signal.throwIfAborted();
    const bytes = await stageBlob(deps.store, file.sha256, deps.scratchDir);
    const actual = await digestOf(bytes, signal);
    if (actual !== file.sha256) {
      const message = `${label}: ${file.path} has the sha256 ${actual} on disk, but ${file.sha256} was verified when it was registered. Its bytes were changed or damaged since.`;
      throw new BadFileError(file.path, "DIGEST_MISMATCH", message);
    }
    const target = path.join(folder, file.path);
    await fs.mkdir(path.dirname(target), { recursive: true });
    await link(bytes, target);
  }
  return folder;
}

/** A hard link costs nothing; across file systems the bytes have to be copied. */
async function link(bytes: string, target: string): Promise<void> {
  try {
    await fs.link(bytes, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EXDEV" && code !== "EPERM" && code !== "EMLINK") throw error;
    await fs.copyFile(bytes, target, fs.constants.COPYFILE_FICLONE);
  }
}

const known = new Map<string, string>();
const knownLimit = 10_000;

/** Files that did not change since they were last read by this process, by inode, size and times, are not read again. */
async function digestOf(file: string, signal: AbortSignal): Promise<string> {
  const { dev, ino, size, mtimeNs } = await fs.stat(file, { bigint: true });
  const key = `${dev} ${ino} ${size} ${mtimeNs}`;
  const seen = known.get(key);
  if (seen !== undefined) return seen;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Uint8Array);
  const digest = hash.digest("hex");
  if (known.size >= knownLimit) known.clear();
  known.set(key, digest);
  return digest;
}
