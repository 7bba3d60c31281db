import { mkdir, rename, rm, rmdir, stat, utimes } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { refuse } from "../fault.ts";
import { Journal, removeJournal } from "./journal.ts";
import { type Leftover, listLeftovers, removeLeftover, takeOver } from "./journal-leftovers.ts";
import { beginningName, type Owner, partialName, release, takeOwnership } from "./journal-owner.ts";
import type { Work } from "./journal-work.ts";
import type { OutputLayout } from "./output-layout.ts";
import { syncFolder } from "./sync-folder.ts";

/** A folder that is built under another name and appears under its own only when it is complete. */
export interface PartialFolder {
  /** Where to write */
  readonly path: string;
  /** Output tensors that an earlier run has finished; all files are there when there are any */
  readonly done: ReadonlySet<string>;
  /** Where to note what is finished; null when nothing needs to outlive this process */
  readonly journal: Journal | null;
  /** Makes the folder appear; durably, when every file in it has been synced. */
  commit(): Promise<void>;
  /** Removes everything that was made. Does nothing after a commit. */
  discard(): Promise<void>;
  /** Leaves the folder for a later run to go on with. */
  keep(): Promise<void>;
}

export interface OpeningFolder {
  readonly outDir: string;
  readonly layout: OutputLayout;
  /** null: nothing needs to outlive this process, so there is no journal and nothing is synced */
  readonly work: Work | null;
  /** Go on in the folder of an earlier run with the same work, if there is one */
  readonly resume: boolean;
  note(text: string): void;
}

interface Place {
  readonly target: string;
  readonly parent: string;
  /** The outermost folder that had to be made */
  readonly made: string | undefined;
  /** Folders of dead processes that are of no use when the result is there */
  readonly ignored: readonly Leftover[];
  readonly path: string;
  readonly owner: Owner;
}

/** Well below the silence after which others take the folder for abandoned. */
const pulseMs = 10_000;

/**
 * Makes the partial folder of an output folder, or goes on in one. Folders that dead processes have left are removed now or, when
 * resuming, once the result is there. Those of live processes are never touched.
 * @throws RefusedError when the output folder exists or cannot be made, or when another process does the work to go on with
 */
export async function openPartialFolder({ outDir, layout, work, resume, note }: OpeningFolder): Promise<PartialFolder> {
  const target = resolve(outDir);
  const parent = dirname(target);
  if ((await stat(target).catch(() => null)) !== null) {
    const advice = resume ? "there is nothing to resume" : "choose another folder or remove it";
    throw refuse("OUTPUT_EXISTS", `${outDir} exists already; ${advice}.`, ["outDir"]);
  }
  const made = await mkdir(parent, { recursive: true }).catch((error: Error) => {
    throw refuse("OUTPUT_UNWRITABLE", `The folder ${parent} cannot be made: ${error.message}.`, ["outDir"]);
  });
  const owner = takeOwnership();
  const path = join(parent, partialName(basename(target), owner));
  const place = { target, parent, made, path, owner };
  try {
    const leftovers = await listLeftovers(target);
    const dead = leftovers.filter(({ alive }) => !alive);
    if (!resume || work === null) {
      for (const leftover of dead) await removeLeftover(leftover, target);
      return await beginFolder({ ...place, ignored: [] }, work);
    }
    const taken = await takeOver(leftovers, { outDir, layout, work, path, note });
    const ignored = dead.filter((leftover) => leftover !== taken?.leftover);
    if (taken === null) return await beginFolder({ ...place, ignored }, work);
    const { done } = taken.record;
    const tensors = layout.files.reduce((sum, file) => sum + file.tensors.length, 0);
    note(`Going on from an earlier run: ${done.size} of ${tensors} tensors are done.`);
    return folderAt({ ...place, ignored, done, journal: await Journal.continue(path, taken.record) });
  } catch (error) {
    release(owner);
    throw error;
  }
}

async function beginFolder(place: Place, work: Work | null): Promise<PartialFolder> {
  const { path, target, parent, owner } = place;
  // With its journal, or not at all: another run that looks in between would take it for the folder of a run without one.
  const fresh = work === null ? path : join(parent, beginningName(basename(target), owner));
  await mkdir(fresh, { mode: 0o700 }).catch(async (error: Error) => {
    await removeEmpty(place);
    throw refuse("OUTPUT_UNWRITABLE", `Nothing can be written next to ${target}: ${error.message}.`, ["outDir"]);
  });
  let journal: Journal | null = null;
  try {
    if (work !== null) {
      journal = await Journal.begin(fresh, path, work);
      await rename(fresh, path);
    }
    return folderAt({ ...place, done: new Set(), journal });
  } catch (error) {
    await journal?.close();
    await rm(fresh, { recursive: true, force: true });
    await removeEmpty(place);
    throw error;
  }
}

/** Removes the folders that were made around the output folder, unless somebody has put something there. */
async function removeEmpty({ parent, made }: Place): Promise<void> {
  if (made === undefined) return;
  for (let path = parent; path.length >= made.length; path = dirname(path)) {
    const isGone = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}

interface Folder extends Place {
  readonly done: ReadonlySet<string>;
  readonly journal: Journal | null;
}

function folderAt(folder: Folder): PartialFolder {
  const { target, parent, path, ignored, owner, done, journal } = folder;
  const pulse = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), pulseMs);
  pulse.unref();
  let isCommitted = false;
  const end = async () => {
    clearInterval(pulse);
    await journal?.close();
    release(owner);
  };
  return {
    path,
    done,
    journal,
    async commit() {
      if (journal !== null) {
        await journal.close();
        await removeJournal(path);
        await syncFolder(path);
      }
      await rename(path, target).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST" && error.code !== "ENOTDIR") throw error;
        throw refuse("OUTPUT_EXISTS", `${target} has been made by somebody else in the meantime.`, ["outDir"]);
      });
      isCommitted = true;
      await end();
      if (journal !== null) await syncFolder(parent);
      for (const leftover of ignored) await removeLeftover(leftover, target);
    },
    async discard() {
      if (isCommitted) return;
      await end();
      await rm(path, { recursive: true, force: true });
      await removeEmpty(folder);
    },
    async keep() {
      if (!isCommitted) await end();
    },
  };
}
