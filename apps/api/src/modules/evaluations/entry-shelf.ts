import { setImmediate } from "node:timers/promises";
import type { Deps } from "../../deps.ts";
import { type LoadedEntry, loadEntries } from "./load-entries.ts";
import { Remembered } from "./remember.ts";

/** Versions loaded at once: others get their turn in between. */
const atOnce = 100;

interface Wanted {
  readonly metrics: readonly string[];
  readonly splitIds: readonly string[];
  /** What `printScores` answered. */
  readonly prints: ReadonlyMap<string, string>;
}

/** By print, so that a version whose scores are still the same is not loaded again; its arrays of scores stay the same objects. */
type Shelf = Map<string, { readonly print: string; readonly entry: LoadedEntry | null }>;

const shelves = new Remembered<Shelf>(8);

/** Every version with a score on one of the splits; after a new score only that version is read from the database. */
export async function takeEntries(deps: Deps, { metrics, splitIds, prints }: Wanted): Promise<LoadedEntry[]> {
  const shelf = await shelves.get(JSON.stringify([splitIds, metrics]), async () => new Map());
  const known = new Map([...shelf].filter(([digest, { print }]) => prints.get(digest) === print));
  const missing = [...prints.keys()].filter((digest) => !known.has(digest));
  for (let from = 0; from < missing.length; from += atOnce) {
    const digests = missing.slice(from, from + atOnce);
    const loaded = new Map((await loadEntries(deps, { metrics, splitIds, digests })).map((entry) => [entry.id, entry]));
    for (const digest of digests) known.set(digest, { print: prints.get(digest) ?? "", entry: loaded.get(digest) ?? null });
    await setImmediate();
  }
  for (const digest of shelf.keys()) if (!prints.has(digest)) shelf.delete(digest);
  for (const [digest, each] of known) shelf.set(digest, each);
  return [...prints.keys()].flatMap((digest) => known.get(digest)?.entry ?? []);
}
