import type { ParentDigests } from "../identity.ts";
import type { Recipe } from "../recipe.ts";
import type { PerModel } from "../statistics/statistic-header.ts";

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
  /** Files of the statistics that the recipe names, in its order; default: it names none */
  readonly statistics?: PerModel<string> | undefined;
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
  /**
   * Default false. True: goes on where an earlier run with the same work ended early, and when this one is cancelled or the disk is
   * full, keeps what is finished. Needs `durable`
   */
  readonly resume?: boolean | undefined;
  /** Default true. False: the weight files get no digest, in the report and in amalgam.json */
  readonly hash?: boolean | undefined;
  /** Told what a caller wants to know before the work begins, such as what is resumed */
  readonly onNote?: ((note: string) => void) | undefined;
  /** All passes over the models, surveys included; never goes back, and ends at the totals */
  readonly onProgress?: ((progress: MergeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Further fields for amalgam.json */
  readonly manifest?: Readonly<Record<string, unknown>> | undefined;
}

/** `Digest`: string, or with `hash: false` null for weight files. */
export interface MergedFile<Digest extends string | null = string> {
  /** Relative to the folder */
  readonly path: string;
  readonly sha256: Digest;
  readonly sizeBytes: number;
}

export interface MergeReport<Digest extends string | null = string> {
  /** Every file of the folder, sorted by path */
  readonly files: readonly MergedFile<Digest>[];
  readonly seconds: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly peakRssBytes: number;
  readonly threads: number;
  readonly notes: readonly string[];
  /** Tensors that an earlier run had finished */
  readonly tensorsResumed: number;
  /** Identity of the merge; null when digests were skipped */
  readonly identity: string | null;
}
