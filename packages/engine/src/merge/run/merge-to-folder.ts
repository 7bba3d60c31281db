import { open, realpath, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { RefusedError, refuse } from "../fault.ts";
import { recipeIdentity } from "../identity.ts";
import { type OpenModel, openModel } from "../open-model.ts";
import { openTokenizers } from "../open-tokenizers.ts";
import { plan as planMerge } from "../plan.ts";
import { duplicateParent, methodOf, type Recipe } from "../recipe.ts";
import { checkStatisticOwners } from "../statistics/check-statistics.ts";
import { openStatistics } from "../statistics/open-statistic.ts";
import { listed, mapStatistics, noStatistics, referencesIn } from "../statistics/statistic-header.ts";
import { checkOptions, checkPlace, checkRoom, diskFull } from "./check-options.ts";
import { companionFiles } from "./companion-files.ts";
import { digestModels } from "./digest-models.ts";
import { describeWork } from "./journal-work.ts";
import { makeAdapter } from "./make-adapter.ts";
import type { MergeOptions, MergeReport } from "./merge-options.ts";
import { layoutOutput, type OutputLayout } from "./output-layout.ts";
import { openPartialFolder, type PartialFolder } from "./partial-folder.ts";
import { describeFile, smallFiles } from "./small-files.ts";
import { ThreadCrew } from "./thread-crew.ts";
import { writeWeights } from "./write-weights.ts";

const defaultShardBytes = 5e9;

/**
 * Merges local checkpoints into a Hugging Face folder: weights (one file, or shards and their index), config.json, tokenizer
 * files, README.md and amalgam.json. The folder appears whole or not at all: it is built beside its place, synced, then renamed.
 * What a killed process has left there, a later run with `resume` goes on with; any other run removes it.
 * Memory is threads × (models + 1) × tileBytes, whatever the size of the models; threads and tiles never change a byte.
 * @throws RefusedError for whatever the caller can fix: mismatching parents, NaN in a parent, a full disk …
 * @throws the signal's reason when it is aborted
 */
export async function mergeToFolder(options: MergeOptions & { readonly hash?: true | undefined }): Promise<MergeReport>;
export async function mergeToFolder(options: MergeOptions): Promise<MergeReport<string | null>>;
export async function mergeToFolder(options: MergeOptions): Promise<MergeReport<string | null>> {
  checkOptions(options);
  const threads = options.threads ?? availableParallelism();
  const crew = new ThreadCrew(threads);
  try {
    return await mergeWith(crew, threads, options);
  } finally {
    await crew.end();
  }
}

async function mergeWith(crew: ThreadCrew, threads: number, options: MergeOptions): Promise<MergeReport<string | null>> {
  const started = performance.now();
  const { recipe, outDir, signal, durable = true, resume = false, maxShardBytes = defaultShardBytes } = options;
  const models = await openTokenizers(await openModels(options));
  const [first] = models;
  const hasBase = recipe.base !== null;
  if (first === undefined) throw refuse("PARENT_COUNT", "A merge needs at least one parent.", ["parents"]);
  const headers = models.map(({ header }) => header);
  const opened = await openStatistics(options.statistics ?? noStatistics, referencesIn(recipe));
  const statistics = listed(opened).map(({ value }) => value);
  const measured = mapStatistics(opened, ({ header }) => header);
  const planned = planMerge(recipe, {
    base: hasBase ? first.header : null,
    parents: headers.slice(hasBase ? 1 : 0),
    statistics: measured,
  });
  const companions = await companionFiles(planned, models);
  const plan = { ...planned, notes: [...planned.notes, ...companions.notes] };
  const layout = layoutOutput(plan, maxShardBytes);
  await checkPlace(outDir, models);
  const work = durable ? await describeWork(plan, models, statistics, layout) : null;
  const folder = await openPartialFolder({ outDir, layout, work, resume, note: (text) => options.onNote?.(text) });
  const digests = digestModels(models, options);
  let isKept = false;
  const digestsOf = (known: readonly string[]) => ({
    base: hasBase ? (known[0] ?? null) : null,
    parents: known.slice(hasBase ? 1 : 0),
  });
  try {
    // Whose the statistics are is found out before the work that they decide; without statistics nothing waits.
    const owners = statistics.length === 0 ? null : await orAborted(digests.result, signal);
    const foreign = owners === null ? [] : checkStatisticOwners(recipe, measured, digestsOf(owners));
    if (foreign.length > 0) throw new RefusedError(foreign);
    await checkRoom(outDir, plan.writeBytes + plan.scratchBytes - (await takenBytes(folder, layout)));
    const write = plan.output === "adapter" ? makeAdapter : writeWeights;
    const weights = await write({ plan, models, statistics, layout, folder, threads, crew, options });
    const made = weights.plan ?? plan;
    const known = await orAborted(digests.result, signal);
    const keys = mapStatistics(measured, ({ key }) => key);
    const identity = known === null ? null : recipeIdentity(recipe, digestsOf(known), keys);
    const manifest = { ...weights.manifest, ...options.manifest };
    const describing = {
      plan: made,
      models,
      companions,
      layout,
      maxShardBytes,
      digests: known,
      identity,
      weights: weights.files,
      added: weights.small,
      manifest,
    };
    const small = await smallFiles(describing);
    for (const file of small) await writeWhole(join(folder.path, file.path), file.data, durable);
    signal?.throwIfAborted();
    await folder.commit();
    const files = [...weights.files, ...small.map(describeFile)].sort((a, b) => (a.path < b.path ? -1 : 1));
    return {
      files,
      seconds: (performance.now() - started) / 1000,
      bytesRead: weights.bytesRead,
      bytesWritten: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      threads,
      notes: made.notes,
      tensorsResumed: folder.done.size,
      identity,
    };
  } catch (error) {
    isKept = resume && !isFinal(error) && (folder.journal?.tensors ?? 0) > 0;
    throw explainIo(error, outDir, isKept);
  } finally {
    await digests.stop();
    await (isKept ? folder.keep() : folder.discard());
  }
}

/** Opens base and parents in this order. A parent given twice under two names is refused as one given twice by one name is. */
async function openModels({ recipe, base, parents, labels, adapters }: MergeOptions): Promise<OpenModel[]> {
  if (parents.length !== recipe.parents.length || (base === null) !== (recipe.base === null)) {
    throw new Error("There must be one path for each model of the recipe.");
  }
  const named = parents.map((path, i) => ({
    path,
    adapter: adapters?.parents[i] ?? null,
    label: labels?.parents[i] ?? recipe.parents[i]?.model ?? path,
  }));
  const baseModel = { path: base ?? "", adapter: adapters?.base ?? null, label: labels?.base ?? recipe.base ?? base ?? "" };
  const models: OpenModel[] = [];
  for (const { path, adapter, label } of base === null ? named : [baseModel, ...named])
    models.push(await openModel(path, adapter, label));
  await checkDistinct(recipe, named);
  return models;
}

type Named = { readonly path: string; readonly adapter: string | null; readonly label: string };

async function checkDistinct(recipe: Recipe, named: readonly Named[]): Promise<void> {
  const real = async ({ path, adapter }: Named) => JSON.stringify([await realpath(path), adapter && (await realpath(adapter))]);
  const paths = await Promise.all(named.map(real));
  const second = paths.findIndex((path, i) => paths.indexOf(path) < i);
  const twice = named[second];
  if (twice !== undefined) throw new RefusedError([duplicateParent(methodOf(recipe), twice.label, second)]);
}

/** Waits for a result unless the signal comes first. */
async function orAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** What the folder takes on the disk already; an earlier run may have written most of it. */
async function takenBytes({ path, done }: PartialFolder, { files }: OutputLayout): Promise<number> {
  if (done.size === 0) return 0;
  const infos = await Promise.all(files.map(({ name }) => stat(join(path, name))));
  return infos.reduce((sum, { blocks, size }) => sum + Math.min(512 * blocks, size), 0);
}

/** Whether a later run can go on: no other attempt ends otherwise while the models are what they are. */
const isFinal = (error: unknown): boolean =>
  error instanceof RefusedError && error.faults.every(({ code }) => code !== "DISK_FULL");

function explainIo(error: unknown, outDir: string, isKept: boolean): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const isExplained = error instanceof RefusedError && error.faults.some((fault) => fault.code === "DISK_FULL");
  if (isKept && (isFull || isExplained))
    return diskFull(outDir, "the disk is full", "Finished tensors were kept: free some space and resume.");
  return isFull ? diskFull(outDir, "the disk is full") : error;
}

async function writeWhole(path: string, data: Uint8Array, durable: boolean): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(data);
    if (durable) await handle.datasync();
  } finally {
    await handle.close();
  }
}
