import { mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { refuse } from "../fault.ts";

/** A folder that is built under another name and appears under its own only when it is complete. */
export interface PartialFolder {
  /** Where to write */
  readonly path: string;
  /** Makes the folder appear; durably, when every file in it has been synced. */
  commit(): Promise<void>;
  /** Removes everything that was made. Does nothing after a commit. */
  discard(): Promise<void>;
}

/** @throws RefusedError when the folder exists or cannot be made */
export async function createPartialFolder(outDir: string, durable: boolean): Promise<PartialFolder> {
  const target = resolve(outDir);
  const parent = dirname(target);
  if ((await stat(target).catch(() => null)) !== null)
    throw refuse("OUTPUT_EXISTS", `${outDir} exists already; choose another folder or remove it.`, ["outDir"]);
  const made = await mkdir(parent, { recursive: true }).catch((error: Error) => {
    throw refuse("OUTPUT_UNWRITABLE", `The folder ${parent} cannot be made: ${error.message}.`, ["outDir"]);
  });
  const remove = (path: string) => rm(path, { recursive: true, force: true });
  const path = await mkdtemp(`${target}.partial-`).catch(async (error: Error) => {
    if (made !== undefined) await remove(made);
    throw refuse("OUTPUT_UNWRITABLE", `Nothing can be written next to ${outDir}: ${error.message}.`, ["outDir"]);
  });
  let committed = false;
  return {
    path,
    async commit() {
      if (durable) await syncFolder(path);
      await rename(path, target);
      committed = true;
      if (durable) await syncFolder(parent);
    },
    async discard() {
      if (committed) return;
      await remove(path);
      if (made !== undefined) await remove(made);
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot sync a folder; they give no stronger promise to wait for.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EINVAL" && code !== "ENOTSUP" && code !== "EPERM") throw error;
  } finally {
    await handle.close();
  }
}
