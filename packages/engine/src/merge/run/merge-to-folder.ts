import { createHash } from "node:crypto";
import { open, realpath, statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { RefusedError, refuse } from "../fault.ts";
import { type OpenModel, openModel } from "../open-model.ts";
import { recipeIdentity } from "../identity.ts";
import { type Plan, plan as planMerge } from "../plan.ts";
import { duplicateParent, methodOf, type Recipe } from "../recipe.ts";
import { cardModels, modelCard } from "./card.ts";
import { companionFiles, outputConfig, type SmallFile } from "./companion-files.ts";
import { digestModels } from "./digest-models.ts";
import type { MergedFile, MergeOptions, MergeReport } from "./merge-options.ts";
import { layoutOutput, type OutputLayout } from "./output-layout.ts";
import { createPartialFolder } from "./partial-folder.ts";
import { writeWeights } from "./write-weights.ts";

const defaultShardBytes = 5e9;

/**
 * Merges local checkpoints into a Hugging Face folder: weights (one file, or shards and their index), config.json, tokenizer
 * files, README.md and amalgam.json. The folder appears whole or not at all: it is built beside its place, synced, then renamed.
 * Memory is threads × (models + 1) × tileBytes, whatever the size of the models; threads and tiles never change a byte.
 * @throws RefusedError for whatever the caller can fix: mismatching parents, NaN in a parent, a full disk …
 * @throws the signal's reason when it is aborted
 */
export async function mergeToFolder(options: MergeOptions): Promise<MergeReport> {
  const started = performance.now();
  const { recipe, signal, durable = true } = options;
  checkOptions(options);
  const models = await openModels(options);
  const [first] = models;
  const hasBase = recipe.base !== null;
  if (first === undefined) throw refuse("PARENT_COUNT", "A merge needs at least one parent.", ["parents"]);
  const headers = models.map(({ header }) => header);
  const plan = planMerge(recipe, { base: hasBase ? first.header : null, parents: headers.slice(hasBase ? 1 : 0) });
  const layout = layoutOutput(plan, options.maxShardBytes ?? defaultShardBytes);
  const threads = options.threads ?? availableParallelism();
  const folder = await createPartialFolder(options.outDir, durable);
  const digests = digestModels(models, options);
  try {
    await checkRoom(options.outDir, plan.writeBytes);
    const weights = await writeWeights({ plan, models, layout, folder: folder.path, threads, options });
    const known = await orAborted(digests.result, signal);
    const identity =
      known === null
        ? null
        : recipeIdentity(recipe, { base: hasBase ? (known[0] ?? null) : null, parents: known.slice(hasBase ? 1 : 0) });
    const small = await smallFiles({ plan, models, layout, digests: known, identity, weights: weights.files, options });
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
      notes: plan.notes,
      identity,
    };
  } catch (error) {
    throw explainIo(error, options.outDir);
  } finally {
    await digests.stop();
    await folder.discard();
  }
}

/** Refuses numbers that no run can use; what is left only decides speed and memory. */
function checkOptions(options: MergeOptions): void {
  const ranges = { threads: [1, 256], tileBytes: [16_384, 64 << 20], maxShardBytes: [1, Number.MAX_SAFE_INTEGER] } as const;
  for (const name of ["threads", "tileBytes", "maxShardBytes"] as const) {
    const value = options[name];
    const [min, max] = ranges[name];
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue;
    throw refuse("OPTION_INVALID", `${name} must be an integer from ${min} to ${max}, not ${value}.`, [name]);
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

/** Refuses early what cannot fit. */
async function checkRoom(outDir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(resolve(outDir)));
  if (bavail * bsize < bytes) throw diskFull(outDir, `the result needs ${bytes} bytes, ${bavail * bsize} are free`);
}

const diskFull = (outDir: string, why: string): RefusedError =>
  refuse("DISK_FULL", `No space is left for ${outDir}: ${why}. Nothing was kept.`, ["outDir"]);

function explainIo(error: unknown, outDir: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT" ? diskFull(outDir, "the disk is full") : error;
}

interface Describing {
  readonly plan: Plan;
  readonly models: readonly OpenModel[];
  readonly layout: OutputLayout;
  readonly digests: readonly string[] | null;
  readonly identity: string | null;
  readonly weights: readonly MergedFile[];
  readonly options: MergeOptions;
}

/** Everything but the weights. */
async function smallFiles({ plan, models, layout, digests, identity, weights, options }: Describing): Promise<SmallFile[]> {
  const text = (path: string, content: string): SmallFile => ({ path, data: new TextEncoder().encode(content) });
  const json = (path: string, value: unknown) => text(path, `${JSON.stringify(value, null, 2)}\n`);
  const config = outputConfig(plan, models);
  const described = cardModels(
    plan,
    models.map(({ header }) => header.label),
    digests ?? [],
  );
  const files = [
    ...(config === null ? [] : [json("config.json", config)]),
    ...(layout.index === null ? [] : [text("model.safetensors.index.json", layout.index)]),
    ...(await companionFiles(models)),
    text("README.md", modelCard(plan, described, identity)),
  ];
  const { id, version } = methodOf(plan.recipe);
  const manifest = {
    version: 1,
    identity,
    method: { id, version },
    recipe: plan.recipe,
    models: described,
    excluded: plan.excluded,
    copied: plan.copied,
    notes: plan.notes,
    files: [...weights, ...files.map(describeFile)].sort((a, b) => (a.path < b.path ? -1 : 1)),
    ...options.manifest,
  };
  return [...files, json("amalgam.json", manifest)];
}

const describeFile = ({ path, data }: SmallFile): MergedFile => ({
  path,
  sha256: createHash("sha256").update(data).digest("hex"),
  sizeBytes: data.length,
});

async function writeWhole(path: string, data: Uint8Array, durable: boolean): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(data);
    if (durable) await handle.datasync();
  } finally {
    await handle.close();
  }
}
