import fs from "node:fs/promises";
import path from "node:path";
import type { Deps } from "../../deps.ts";
import type { File, ModelVersion, Prisma, Run } from "../../generated/prisma/client.ts";
import { hideScratch } from "../../platform/hide-scratch.ts";
import { stageBlob } from "../../platform/stage-blob.ts";
import { BadFileError } from "../models/bad-file-error.ts";
import { stageVersion } from "../models/stage-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { fault } from "../refuse.ts";
import { performRun, type RunWork } from "../runs/perform-run.ts";
import type { RunTracker } from "../runs/run-tracker.ts";
import { keepStatistic } from "./keep-statistic.ts";
import { type Measurer, MeasuringFailedError, type PointCost } from "./measurer.ts";
import { wakeWaiting } from "./wake-waiting.ts";
import { aboutOf } from "./wanted-statistic.ts";

/** Measures what its run asks for. Every statistic is kept as soon as it is there, so a second try goes on where the first ended. */
export async function measureStatistics(deps: Deps, measurer: Measurer, id: string, signal: AbortSignal): Promise<void> {
  const how: RunWork = {
    kind: "STATISTIC",
    work: (run, tracker) => work(deps, run, { tracker, measurer }),
    explain(error) {
      if (error instanceof MeasuringFailedError) return fault("MEASURING_FAILED", hideScratch(error.message, folderOf(deps, id)));
      return error instanceof BadFileError ? fault(error.code, error.message, ["files", error.path]) : null;
    },
  };
  await performRun(deps, id, signal, how);
  await wakeWaiting(deps, id);
}

const folderOf = (deps: Deps, runId: string): string => path.join(deps.scratchDir, "statistics", runId);

const withFiles = { include: { model: true, files: { orderBy: { path: "asc" } } } } as const;
const view = {
  split: { include: { task: true } },
  version: withFiles,
  base: withFiles,
  head: withFiles,
} as const satisfies Prisma.StatisticInclude;
type OpenStatistic = Prisma.StatisticGetPayload<{ include: typeof view }>;

async function work(deps: Deps, run: Run, { tracker, measurer }: { tracker: RunTracker; measurer: Measurer }) {
  const rows = await deps.db.statistic.findMany({ where: { runId: run.id }, orderBy: { lambda: "asc" }, include: view });
  const missing = rows.filter(({ state }) => state !== "SUCCEEDED");
  const folder = folderOf(deps, run.id);
  const scratch = path.join(folder, tracker.lease);
  await fs.rm(folder, { recursive: true, force: true });
  await fs.mkdir(scratch, { recursive: true });
  try {
    let done = rows.length - missing.length;
    for (const [i, group] of groupsOf(missing).entries()) {
      const onProgress = (part: number) => tracker.report({ progress: Math.min(1, (done + part * group.length) / rows.length) });
      await measureGroup(deps, group, { run, tracker, measurer, folder: path.join(scratch, `${i}`), onProgress });
      done += group.length;
      onProgress(0);
    }
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
    await fs.rmdir(folder).catch(() => {}); // another attempt may have its own in it
  }
  return async () => {};
}

/** Statistics that differ in λ and density alone are measured together: the model and its examples are opened once. */
function groupsOf(rows: readonly OpenStatistic[]): OpenStatistic[][] {
  const groups = new Map<string, OpenStatistic[]>();
  for (const row of rows) {
    const { base: _base, lambda: _lambda, settings, ...others } = aboutOf(row);
    const { density: _density, ...how } = settings;
    const rest = { ...others, ...how };
    const key = JSON.stringify([row.headId, Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

interface Measuring {
  readonly run: Run;
  readonly tracker: RunTracker;
  readonly measurer: Measurer;
  readonly folder: string;
  readonly onProgress: (part: number) => void;
}

async function measureGroup(
  deps: Deps,
  group: readonly OpenStatistic[],
  { run, tracker, measurer, folder, onProgress }: Measuring,
) {
  const [first] = group;
  if (first === undefined) return;
  const { signal, lease } = tracker;
  await tracker.stage("staging");
  const request = {
    ...(await stageInputs(deps, first, { folder, signal })),
    ...(await stageBase(deps, group, { folder, signal })),
  };
  const points = group.map((row, i) => ({ about: aboutOf(row), file: path.join(folder, `${i}.safetensors`) }));
  await tracker.stage("measuring");
  await deps.db.statistic.updateMany({
    where: { id: { in: group.map(({ id }) => id) }, runId: run.id, run: { lease } },
    data: { state: "RUNNING" },
  });
  let keeping: Promise<void> = Promise.resolve();
  const keep = (index: number, cost: PointCost) => {
    const [row, point] = [group[index], points[index]];
    if (!row || !point) return;
    // Kept at once: the next may take minutes, and a worker that dies then must not lose this one.
    keeping = keeping.then(() => keepStatistic(deps, { id: row.id, runId: run.id, lease }, { file: point.file, cost }));
    keeping.catch(() => {}); // told below
  };
  await measurer.measure({ ...request, points }, { signal, onProgress, onPoint: keep });
  await keeping;
}

interface Staging {
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function stageInputs(deps: Deps, { split, version, head }: OpenStatistic, { folder, signal }: Staging) {
  const data = path.join(folder, `split.${split.format}`);
  await fs.mkdir(folder, { recursive: true });
  await fs.symlink(await stageBlob(deps.store, split.blobSha256, deps.scratchDir), data);
  const model = await stage(deps, version, { folder: path.join(folder, "model"), signal });
  const lent = head && { head: await stage(deps, head, { folder: path.join(folder, "head"), signal }) };
  const { name, labels } = split.task;
  return { task: name, model, data, ...lent, ...(labels.length > 0 ? { labels: labels.length } : {}) };
}

async function stageBase(deps: Deps, group: readonly OpenStatistic[], { folder, signal }: Staging) {
  const base = group.find((row) => row.base !== null)?.base;
  return base ? { base: await stage(deps, base, { folder: path.join(folder, "base"), signal }) } : {};
}

type StagedVersion = ModelVersion & { readonly files: readonly File[]; readonly model: { namespace: string; name: string } };

const stage = (deps: Deps, version: StagedVersion, { folder, signal }: Staging): Promise<string> =>
  stageVersion(deps, { label: formatRef(version), files: version.files, folder, signal });
