import fs from "node:fs/promises";
import path from "node:path";
import { type Fault, type MergeProgress, type MergeReport, mergeToFolder, parseRecipe, type Recipe } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { File, Run } from "../../generated/prisma/client.ts";
import { BadFileError } from "../models/bad-file-error.ts";
import { loadReadyVersion, type ReadyVersion } from "../models/load-ready-version.ts";
import { stageVersion } from "../models/stage-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { fault } from "../refuse.ts";
import { performRun, type RunWork } from "../runs/perform-run.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import type { RunTracker } from "../runs/run-tracker.ts";
import { storeMerged } from "./store-merged.ts";
import { areBeingMeasured, loadUsed, stageStatistics, type UsedStatistic } from "./used-statistics.ts";

/** Merges as the run's recipe says. The same recipe gives the same bytes, so a second try after a crash changes nothing. */
export async function executeMerge(deps: Deps, id: string, signal: AbortSignal): Promise<void> {
  // It stays in the queue's table until its statistics are there; whoever measures the last of them adds the job again.
  if (await areBeingMeasured(deps, id)) return;
  const how: RunWork = {
    kind: "MERGE",
    work: (run, tracker) => merge(deps, run, tracker),
    explain,
  };
  return performRun(deps, id, signal, how);
}

function explain(error: unknown): Fault | null {
  if (error instanceof BadFileError) return fault(error.code, error.message, ["files", error.path]);
  if (!isUniqueViolation(error)) return null;
  return fault("SAME_BYTES", "The result has the same bytes as an earlier version of this model, so there is nothing to add.");
}

type ParentVersion = ReadyVersion & { readonly files: readonly File[] };

export interface MergeInputs {
  /** In the order of the recipe: those of the base first */
  readonly statistics: readonly UsedStatistic[];
  readonly recipe: Recipe;
  readonly base: ParentVersion | null;
  readonly parents: readonly ParentVersion[];
}

async function merge(deps: Deps, run: Run, tracker: RunTracker) {
  const inputs = await loadInputs(deps, run);
  // A folder for this attempt alone; what an earlier one left is of no use to anybody.
  const folder = path.join(deps.scratchDir, "merges", run.id);
  const scratch = path.join(folder, tracker.lease);
  await fs.rm(folder, { recursive: true, force: true });
  await fs.mkdir(scratch, { recursive: true });
  try {
    const report = await mergeInto(deps, { run, tracker, inputs, scratch });
    await tracker.stage("storing");
    return await storeMerged(deps, { run, inputs, report, folder: path.join(scratch, "out"), signal: tracker.signal });
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
    await fs.rmdir(folder).catch(() => {}); // another attempt may have its own in it
  }
}

interface Attempt {
  readonly run: Run;
  readonly tracker: RunTracker;
  readonly inputs: MergeInputs;
  readonly scratch: string;
}

async function mergeInto(deps: Deps, { run, tracker, inputs, scratch }: Attempt): Promise<MergeReport> {
  const { recipe, base, parents, statistics } = inputs;
  const { signal } = tracker;
  await tracker.stage("staging");
  const stage = (version: ParentVersion, name: string) =>
    stageVersion(deps, { label: formatRef(version), files: version.files, folder: path.join(scratch, name), signal });
  const basePath = base && (await stage(base, "base"));
  const parentPaths: string[] = [];
  for (const [i, parent] of parents.entries()) parentPaths.push(await stage(parent, `parent-${i}`));
  const statisticPaths = await stageStatistics(deps, recipe, statistics, { folder: path.join(scratch, "statistics"), signal });
  await tracker.stage("merging");
  const report = await mergeToFolder({
    recipe,
    base: basePath,
    parents: parentPaths,
    statistics: statisticPaths,
    outDir: path.join(scratch, "out"),
    threads: deps.mergeThreads,
    labels: { base: base && formatRef(base), parents: parents.map(formatRef) },
    digests: { base: base?.digest ?? null, parents: parents.map(({ digest }) => digest) },
    manifest: { identity: run.identity },
    signal,
    onProgress: (progress) => tracker.report(numbersOf(progress)),
  });
  tracker.report({ peakMemoryBytes: BigInt(Math.round(report.peakRssBytes)), tensorsDone: run.tensorsTotal ?? 0 });
  return report;
}

function numbersOf({ tensorsDone, tensorsTotal, bytesRead, bytesTotal, bytesPerSecond }: MergeProgress) {
  const progress = bytesTotal > 0 ? Math.min(1, bytesRead / bytesTotal) : 1;
  const secondsLeft = bytesPerSecond > 0 ? Math.max(0, (bytesTotal - bytesRead) / bytesPerSecond) : null;
  return { progress, tensorsDone, tensorsTotal, bytesPerSecond, secondsLeft };
}

async function loadInputs(deps: Deps, run: Run): Promise<MergeInputs> {
  const recipe = parseRecipe(run.recipe);
  const statistics = await loadUsed(deps, recipe);
  const load = async (ref: string, where: (string | number)[]): Promise<ParentVersion> => {
    const version = await loadReadyVersion(deps, ref, ["recipe", ...where]);
    return { ...version, files: await deps.db.file.findMany({ where: { versionId: version.id }, orderBy: { path: "asc" } }) };
  };
  const base = recipe.base === null ? null : await load(recipe.base, ["base"]);
  const parents: ParentVersion[] = [];
  for (const [i, { model }] of recipe.parents.entries()) parents.push(await load(model, ["parents", i, "model"]));
  return { recipe, base, parents, statistics };
}
