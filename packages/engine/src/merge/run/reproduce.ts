import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pathOf } from "../check-headers.ts";
import { fault, RefusedError } from "../fault.ts";
import { openModel } from "../open-model.ts";
import { openStatistics } from "../statistics/open-statistic.ts";
import { listed, noStatistics, referencesIn } from "../statistics/statistic-header.ts";
import { digestModels } from "./digest-models.ts";
import type { MergedFile, MergeOptions, MergeReport } from "./merge-options.ts";
import { mergeToFolder } from "./merge-to-folder.ts";
import type { Manifest } from "./reproduce-manifest.ts";
import { startWorker } from "./start-worker.ts";

/** Where the models of the manifest's recipe are now, and how to merge them. */
export interface Reproducing
  extends Pick<
    MergeOptions,
    "base" | "parents" | "adapters" | "statistics" | "outDir" | "threads" | "durable" | "onProgress" | "signal"
  > {
  readonly manifest: Manifest;
  /** The folder that the manifest describes, for files of which it holds no digest */
  readonly folder: string;
}

export interface FileOutcome {
  readonly path: string;
  /** unknown: the manifest holds no digest, and the file itself is not there */
  readonly outcome: "same" | "differs" | "missing" | "new" | "unknown";
  /** Digests; null when there is none */
  readonly was: string | null;
  readonly is: string | null;
}

export interface Reproduction {
  /** Whether every file has the bytes that it had */
  readonly same: boolean;
  readonly files: readonly FileOutcome[];
  readonly report: MergeReport;
}

/**
 * Merges again what a manifest describes, and compares every file with it.
 * @throws RefusedError before any work when a model is not the one that was merged, and for whatever refuses a merge
 */
export async function reproduceMerge(reproducing: Reproducing): Promise<Reproduction> {
  const { manifest, folder, ...where } = reproducing;
  const { recipe, models } = manifest;
  const labelled = models.map(({ label }) => label);
  const labels = recipe.base === null ? { parents: labelled } : { base: labelled[0] ?? null, parents: labelled.slice(1) };
  const options = { ...where, recipe, labels };
  await verifyStatistics(manifest, options);
  await verifyModels(manifest, options);
  const known = models.map(({ digest }) => digest ?? "");
  const [base = null, parents] = recipe.base === null ? [null, known] : [known[0], known.slice(1)];
  const report = await mergeToFolder({
    ...options,
    maxShardBytes: manifest.maxShardBytes,
    digests: models.some(({ digest }) => digest === null) ? "skip" : { base, parents },
    manifest: manifest.extra,
  });
  const files = await compareFiles(await withDigests(manifest.files, folder), report.files);
  return { same: files.every(({ outcome }) => outcome === "same"), files, report };
}

/** Refuses other statistics than those that the merge used, each with its place in the recipe. */
async function verifyStatistics({ recipe, statistics = [] }: Manifest, options: Pick<MergeOptions, "statistics">): Promise<void> {
  const opened = listed(await openStatistics(options.statistics ?? noStatistics, referencesIn(recipe)));
  const faults = opened.flatMap(({ value: { file, header }, path }, k) => {
    const was = statistics[k]?.key;
    if (header.key === was) return [];
    return fault(
      "STATISTIC_DIFFERS",
      `${path.join(".")}: ${file} is not what was used: its key is ${header.key} and was ${was}.`,
      path,
    );
  });
  if (faults.length > 0) throw new RefusedError(faults);
}

/** Refuses models with other content than those that were merged, each with its place in the recipe. */
async function verifyModels({ recipe, models }: Manifest, options: MergeOptions): Promise<void> {
  const { base, parents, adapters, labels, signal } = options;
  const paths = [...(base === null ? [] : [{ path: base, adapter: adapters?.base ?? null }])].concat(
    parents.map((path, i) => ({ path, adapter: adapters?.parents[i] ?? null })),
  );
  const names = [...(base === null ? [] : [labels?.base ?? base]), ...(labels?.parents ?? parents)];
  const opened = await Promise.all(paths.map(({ path, adapter }, i) => openModel(path, adapter, names[i])));
  const digesting = digestModels(opened, { ...options, digests: undefined });
  const stop = () => void digesting.stop();
  signal?.addEventListener("abort", stop);
  try {
    const actual = await digesting.result;
    const faults = models.flatMap(({ digest, label }, i) => {
      if (digest === null || digest === actual?.[i]) return [];
      const where = pathOf(recipe, i);
      const both = `its digest is ${actual?.[i]} and was ${digest}`;
      return fault(
        "DIGEST_DIFFERS",
        `${where.join(".")}: ${paths[i]?.path} is not the ${label} that was merged: ${both}.`,
        where,
      );
    });
    if (faults.length > 0) throw new RefusedError(faults);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    await digesting.stop();
  }
}

/** Hashes files of which a manifest holds no digest, as far as they are there. */
async function withDigests(files: Manifest["files"], folder: string): Promise<MergedFile<string | null>[]> {
  const isThere = await Promise.all(
    files.map(
      async ({ path, sha256 }) => sha256 === null && (await stat(join(folder, path)).catch(() => null))?.isFile() === true,
    ),
  );
  const wanted = files.filter((_, i) => isThere[i]).map(({ path }) => path);
  if (wanted.length === 0) return [...files];
  const found = await startWorker<string[]>({ role: "hash-files", paths: wanted.map((path) => join(folder, path)) }).result;
  return files.map((file) => ({ ...file, sha256: file.sha256 ?? found[wanted.indexOf(file.path)] ?? null }));
}

function compareFiles(before: readonly MergedFile<string | null>[], after: readonly MergedFile[]): FileOutcome[] {
  const now = new Map(after.map(({ path, sha256 }) => [path, sha256]));
  const known = new Set(before.map(({ path }) => path));
  const old = before.map(({ path, sha256: was }): FileOutcome => {
    const is = now.get(path) ?? null;
    const outcome = is === null ? "missing" : was === null ? "unknown" : was === is ? "same" : "differs";
    return { path, outcome, was, is };
  });
  const isNew = after.filter(({ path }) => !known.has(path) && path !== "amalgam.json");
  return [...old, ...isNew.map(({ path, sha256 }): FileOutcome => ({ path, outcome: "new", was: null, is: sha256 }))];
}
