import { randomBytes } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import path from "node:path";
import { assertKey, assertRange, exactly, ObjectNotFoundError, type ObjectStore, StoreFullError } from "./object-store.ts";

/** Work in progress; the dot keeps it apart from every key. */
const stagingName = ".staging";
const abandonedAfterMs = 24 * 3600_000;
const chunkBytes = 1 << 20;

/**
 * Objects as files of a folder. A file is written beside, flushed to the disk, then renamed and its folder flushed: after a crash
 * an object is there whole, or it is not there.
 */
export function createLocalStore(dir: string): ObjectStore {
  const root = path.resolve(dir);
  const staging = path.join(root, stagingName);
  const prepared = prepare(staging);
  prepared.catch(() => {}); // every operation reports it

  function placeOf(key: string): string {
    assertKey(key);
    return path.join(root, ...key.split("/"));
  }

  /** Lets `fill` make a file in the staging folder, then moves it to its place. */
  async function store(key: string, fill: (partial: string) => Promise<void>): Promise<void> {
    const place = placeOf(key);
    await prepared;
    const partial = path.join(staging, randomBytes(12).toString("hex"));
    try {
      await fill(partial);
      await fs.chmod(partial, 0o444);
      await makeFolders(root, path.dirname(place));
      await fs.rename(partial, place);
      await flushFolder(path.dirname(place));
    } catch (error) {
      throw isFull(error) ? new StoreFullError(`at ${root}`, { cause: error }) : error;
    } finally {
      await fs.rm(partial, { force: true }); // still there, too, when it already was another name of the object's own file
    }
  }

  return {
    put: (key, body, sizeBytes) => store(key, (partial) => writeFile(partial, exactly(key, body, sizeBytes))),
    putFile: (key, localPath) => store(key, (partial) => adopt(path.resolve(localPath), partial)),
    async *get(key, range) {
      assertRange(range);
      const file = await open(key, placeOf(key));
      try {
        yield* readChunks(file, range?.start ?? 0, range?.end ?? Number.POSITIVE_INFINITY);
      } finally {
        await file.close();
      }
    },
    async stat(key) {
      const found = await fs.stat(placeOf(key)).catch(absent);
      return found?.isFile() ? { sizeBytes: found.size } : null;
    },
    delete: (key) => fs.rm(placeOf(key), { force: true }),
    list: (prefix) => listFiles(root, prefix),
    localPath: placeOf,
    async check() {
      await prepared;
      await fs.access(root, constants.R_OK | constants.W_OK);
    },
  };
}

/** What a killed process left behind is removed a day later, when nobody can still be writing it. */
async function prepare(staging: string): Promise<void> {
  await fs.mkdir(staging, { recursive: true });
  for (const name of await fs.readdir(staging)) {
    const file = path.join(staging, name);
    const found = await fs.stat(file).catch(absent);
    if (found && Date.now() - found.mtimeMs > abandonedAfterMs) await fs.rm(file, { force: true });
  }
}

async function writeFile(target: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await fs.open(target, "wx", 0o644);
  try {
    for await (const chunk of body) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A second name for the same bytes where the file system can, a copy where it cannot. */
async function adopt(source: string, target: string): Promise<void> {
  const file = await fs.open(source, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await fs.link(source, target);
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await fs.copyFile(source, target, constants.COPYFILE_FICLONE);
    const copy = await fs.open(target, "r+");
    try {
      await copy.sync();
    } finally {
      await copy.close();
    }
  }
}

/** Makes the folders down to `folder`, flushing each parent that got a new child. */
async function makeFolders(root: string, folder: string): Promise<void> {
  if (folder === root) return;
  try {
    await fs.mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT") throw error;
    await makeFolders(root, path.dirname(folder));
    return makeFolders(root, folder);
  }
  await flushFolder(path.dirname(folder));
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function open(key: string, place: string): Promise<FileHandle> {
  try {
    return await fs.open(place, "r");
  } catch (error) {
    absent(error as NodeJS.ErrnoException);
    throw new ObjectNotFoundError(key);
  }
}

async function* readChunks(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let position = start; position < end; ) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

async function* listFiles(root: string, prefix: string): AsyncGenerator<{ key: string; sizeBytes: number; modifiedAt: Date }> {
  const folder = path.join(root, ...prefix.split("/").slice(0, -1));
  const entries: Dirent[] = (await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(absent)) ?? [];
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    const key = path.relative(root, file).split(path.sep).join("/");
    if (!entry.isFile() || !key.startsWith(prefix) || key.startsWith(`${stagingName}/`)) continue;
    const found = await fs.stat(file).catch(absent);
    if (found) yield { key, sizeBytes: found.size, modifiedAt: found.mtime };
  }
}

/** Turns "it is not there" into nothing. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}

const isFull = (error: unknown) => ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
