import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { blobKey, type ObjectStore } from "./object-store.ts";

export interface StageOptions {
  /** What the cache may hold, besides what was staged in the last hour. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 20 * 2 ** 30;
/** Nothing is evicted between being staged and being opened; an open file outlives its name. */
const graceMs = 3600_000;
const underway = new Map<string, Promise<string>>();

/**
 * The path of a local file with these bytes, to be read only. The store's own file where it has one; else a copy in a cache under
 * `scratchDir` that keeps what was used last. Open it, or hard-link it, within the hour. Rejects when the store's bytes do not have
 * this digest. Processes may share the folder.
 */
export async function stageBlob(
  store: ObjectStore,
  sha256: string,
  scratchDir: string,
  { maxBytes = defaultMaxBytes }: StageOptions = {},
): Promise<string> {
  const key = blobKey(sha256);
  const own = store.localPath(key);
  if (own !== null) {
    await fs.access(own).catch(() => {
      throw new Error(`The object store lacks the blob ${sha256}.`);
    });
    return own;
  }
  const target = path.join(scratchDir, "blobs", sha256);
  const shared = underway.get(target) ?? stage(store, sha256, target, maxBytes).finally(() => underway.delete(target));
  underway.set(target, shared);
  return shared;
}

async function stage(store: ObjectStore, sha256: string, target: string, maxBytes: number): Promise<string> {
  const now = new Date();
  const isThere = await fs.utimes(target, now, now).then(
    () => true,
    () => false,
  );
  if (!isThere) await fetchBlob(store, sha256, target, maxBytes);
  return target;
}

async function fetchBlob(store: ObjectStore, sha256: string, target: string, maxBytes: number): Promise<void> {
  const folder = path.dirname(target);
  const size = (await store.stat(blobKey(sha256)))?.sizeBytes ?? 0;
  await fs.mkdir(folder, { recursive: true });
  await makeRoom(folder, maxBytes - size);
  const partial = `${target}.${randomBytes(6).toString("hex")}.partial`;
  const file = await fs.open(partial, "wx");
  try {
    const hash = createHash("sha256");
    for await (const chunk of store.get(blobKey(sha256))) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.close();
    if (hash.digest("hex") !== sha256)
      throw new Error(`The object store's bytes of blob ${sha256} are damaged: they have another digest.`);
    await fs.rename(partial, target);
  } finally {
    await file.close();
    await fs.rm(partial, { force: true });
  }
}

/** Deletes what was used longest ago until the rest fits. */
async function makeRoom(folder: string, allowedBytes: number): Promise<void> {
  const entries: { file: string; size: number; usedMs: number }[] = [];
  for (const name of await fs.readdir(folder)) {
    const file = path.join(folder, name);
    const found = await fs.stat(file).catch(() => null);
    if (found) entries.push({ file, size: found.size, usedMs: found.mtimeMs });
  }
  let total = entries.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size, usedMs } of entries.sort((a, b) => a.usedMs - b.usedMs)) {
    if (total <= allowedBytes || Date.now() - usedMs < graceMs) return;
    await fs.rm(file, { force: true });
    total -= size;
  }
}
