import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { refuse } from "../fault.ts";
import { isJournal, type JournalRecord, readJournal } from "./journal.ts";
import { isAlive, type Owner, ownerOf, partialName, release, takeOwnership } from "./journal-owner.ts";
import { changeSince, hasOutputs, type Work } from "./journal-work.ts";
import type { OutputLayout } from "./output-layout.ts";

/** A partial folder that was there before this run. */
export interface Leftover {
  readonly path: string;
  readonly owner: Owner;
  /** Whether its process may still be writing */
  readonly alive: boolean;
  /** Last sign of life, in milliseconds of the clock */
  readonly seen: number;
}

/** Partial folders of an output folder, the one used last first. */
export async function listLeftovers(target: string): Promise<Leftover[]> {
  const [parent, outName] = [dirname(target), basename(target)];
  const found = await Promise.all(
    (await readdir(parent)).map(async (name): Promise<Leftover[]> => {
      const owner = ownerOf(name, outName);
      const path = join(parent, name);
      const info = owner === null ? null : await stat(path).catch(() => null);
      if (owner === null || info === null) return [];
      const seen = Math.max(info.mtimeMs, (await readJournal(path))?.modified ?? 0);
      return [{ path, owner, alive: isAlive(owner, seen), seen }];
    }),
  );
  return found.flat().sort((a, b) => b.seen - a.seen);
}

/** Removes a folder of a dead process. First renamed: who wants to go on with it finds either all of it or nothing. */
export async function removeLeftover({ path }: Leftover, target: string): Promise<void> {
  const owner = takeOwnership();
  const claimed = join(dirname(target), partialName(basename(target), owner));
  try {
    await rename(path, claimed);
    await rm(claimed, { recursive: true, force: true });
  } catch {
    // Somebody else was faster, or may not: it is not needed, only in the way.
  } finally {
    release(owner);
  }
}

interface TakingOver {
  readonly outDir: string;
  readonly layout: OutputLayout;
  readonly work: Work;
  /** Where the folder goes */
  readonly path: string;
  note(text: string): void;
}

/**
 * Takes the newest folder whose work is the same, and says why each other one is passed over.
 * @throws RefusedError when a live process does the same work
 */
export async function takeOver(leftovers: readonly Leftover[], { outDir, layout, work, path, note }: TakingOver) {
  for (const leftover of leftovers) {
    const record = await readJournal(leftover.path);
    if (record === null) continue;
    const change = changeSince(record.work, work);
    if (change === null && leftover.alive) {
      const who = `process ${leftover.owner.pid}, in ${leftover.path}`;
      throw refuse("OUTPUT_BUSY", `Another run is making ${outDir} (${who}); wait for it, or end it first.`, ["outDir"]);
    }
    if (record.done.size === 0) continue;
    if (change !== null) note(`What is in ${leftover.path} is not used: ${change}.`);
    else if (!(await hasOutputs(leftover.path, work, layout)))
      note(`What is in ${leftover.path} is not used: its files are not whole.`);
    else {
      const claimed = await claim(leftover, path);
      if (claimed === null) continue;
      await removeStrays(path, layout);
      return { leftover, record: claimed };
    }
  }
  return null;
}

/** Reads the journal once more: between reading and renaming, another process may have gone on with it and ended, too. */
async function claim(leftover: Leftover, path: string): Promise<JournalRecord | null> {
  const isTaken = await rename(leftover.path, path).then(
    () => true,
    () => false,
  );
  return isTaken ? readJournal(path) : null;
}

/** What is neither the journal nor a weight file was written at the end, and is written again. */
async function removeStrays(path: string, { files }: OutputLayout): Promise<void> {
  const kept = new Set(files.map(({ name }) => name));
  for (const name of await readdir(path))
    if (!kept.has(name) && !isJournal(name)) await rm(join(path, name), { recursive: true, force: true });
}
