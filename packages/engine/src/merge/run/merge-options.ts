import type { ParentDigests } from "../identity.ts";
import type { Recipe } from "../recipe.ts";

export interface MergeProgress {
  readonly tensorsDone: number;
  readonly tensorsTotal: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly bytesPerSecond: number;
}

export interface MergeOptions {
  readonly recipe: Recipe;
  /** Local paths in the order of the recipe */
  readonly base: string | null;
  readonly parents: readonly string[];
  /** Folders of the adapters that the recipe names, null where it names none; default: no adapters */
  readonly adapters?: { readonly base?: string | null; readonly parents: readonly (string | null)[] } | undefined;
  /** Must not exist; appears only when everything in it is complete and on disk */
  readonly outDir: string;
  /** Default: the number of cores */
  readonly threads?: number | undefined;
  /** Bytes of each input that a worker holds at a time; default 256 KiB */
  readonly tileBytes?: number | undefined;
  /** Default 5 GB; a larger result is cut into shards with an index */
  readonly maxShardBytes?: number | undefined;
  /** Names for messages and the card; default: the references of the recipe */
  readonly labels?: { readonly base?: string | null; readonly parents: readonly string[] } | undefined;
  /** Content digests when they are known; default: computed beside the merge; "skip": left out of card and manifest */
  readonly digests?: ParentDigests | "skip" | undefined;
  /** Default true: the folder appears only when its bytes are on disk. False: in the page cache is enough, as for scratch files */
  readonly durable?: boolean | undefined;
  readonly onProgress?: ((progress: MergeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Further fields for amalgam.json */
  readonly manifest?: Readonly<Record<string, unknown>> | undefined;
}

export interface MergedFile {
  /** Relative to the folder */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface MergeReport {
  /** Every file of the folder, sorted by path */
  readonly files: readonly MergedFile[];
  readonly seconds: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly peakRssBytes: number;
  readonly threads: number;
  readonly notes: readonly string[];
  /** Identity of the merge; null when digests were skipped */
  readonly identity: string | null;
}
