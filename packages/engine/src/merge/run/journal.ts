import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Work } from "./journal-work.ts";
import { syncFolder } from "./sync-folder.ts";

const journalName = ".amalgam-journal";

/** What a run has left in its journal. */
export interface JournalRecord {
  readonly work: unknown;
  /** Names of the output tensors that are complete and on disk */
  readonly done: ReadonlySet<string>;
  /** Length of the part that can be trusted */
  readonly sizeBytes: number;
  readonly modified: number;
}

const checksum = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
const lineOf = (value: unknown): Buffer => {
  const text = JSON.stringify(value);
  return Buffer.from(`${checksum(text)} ${text}\n`);
};

/**
 * Notes in a partial folder what a run works on and which tensors are safe: one line for the work, then one for each batch of
 * tensors. Every line begins with its checksum, so that one which a crash has torn, and whatever follows, is not believed.
 */
export class Journal {
  readonly #folder: string;
  readonly #handle: FileHandle;
  #end: number;
  #isFolderSynced = false;
  #tensors: number;

  private constructor(folder: string, handle: FileHandle, end: number, tensors: number) {
    this.#tensors = tensors;
    this.#folder = folder;
    this.#handle = handle;
    this.#end = end;
  }

  /** Begins one in `fresh`, which is renamed to `folder` when the journal is there. */
  static async begin(fresh: string, folder: string, work: Work): Promise<Journal> {
    const handle = await open(join(fresh, journalName), "wx");
    const journal = new Journal(folder, handle, 0, 0);
    try {
      await journal.#append(work);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return journal;
  }

  /** Goes on behind the last line that can be trusted. */
  static async continue(folder: string, { sizeBytes, done }: JournalRecord): Promise<Journal> {
    const handle = await open(join(folder, journalName), "r+");
    await handle.truncate(sizeBytes);
    return new Journal(folder, handle, sizeBytes, done.size);
  }

  /** How many tensors a later run need not compute again */
  get tensors(): number {
    return this.#tensors;
  }

  /** Notes tensors whose bytes are on disk already, durably. A line that fails is overwritten by the next. */
  async note(names: readonly string[]): Promise<void> {
    // Not at the start: a merge that is over in a second need not wait for it.
    if (!this.#isFolderSynced) await syncFolder(this.#folder);
    this.#isFolderSynced = true;
    await this.#append({ done: names });
    await this.#handle.datasync();
    this.#tensors += names.length;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #append(value: unknown): Promise<void> {
    const line = lineOf(value);
    for (let done = 0; done < line.length; ) {
      const { bytesWritten } = await this.#handle.write(line, done, line.length - done, this.#end + done);
      done += bytesWritten;
    }
    this.#end += line.length;
  }
}

export const isJournal = (name: string): boolean => name === journalName;
export const removeJournal = (folder: string): Promise<void> => rm(join(folder, journalName));

/** Reads the journal of a partial folder; null when there is none, or nothing of it can be trusted. */
export async function readJournal(folder: string): Promise<JournalRecord | null> {
  const path = join(folder, journalName);
  const [info, bytes] = await Promise.all([stat(path).catch(() => null), readFile(path).catch(() => null)]);
  if (info === null || bytes === null) return null;
  const values: unknown[] = [];
  let sizeBytes = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, sizeBytes)) {
    const line = bytes.toString("utf8", sizeBytes, end);
    const text = line.slice(17);
    if (line.slice(0, 17) !== `${checksum(text)} `) break;
    values.push(JSON.parse(text));
    sizeBytes = end + 1;
  }
  const [work, ...batches] = values;
  if (work === undefined) return null;
  return { work, done: new Set(batches.flatMap(namesOf)), sizeBytes, modified: info.mtimeMs };
}

function namesOf(batch: unknown): string[] {
  if (typeof batch !== "object" || batch === null || !("done" in batch) || !Array.isArray(batch.done)) return [];
  return batch.done.filter((name): name is string => typeof name === "string");
}
