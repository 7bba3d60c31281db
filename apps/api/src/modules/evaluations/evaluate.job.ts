import fs from "node:fs/promises";
import path from "node:path";
import type { Score } from "@amalgam/engine/evaluate";
import type { Deps } from "../../deps.ts";
import type { File, ModelVersion, Run } from "../../generated/prisma/client.ts";
import { hideScratch } from "../../platform/hide-scratch.ts";
import { stageBlob } from "../../platform/stage-blob.ts";
import { BadFileError } from "../models/bad-file-error.ts";
import { stageVersion } from "../models/stage-version.ts";
import { fault } from "../refuse.ts";
import { performRun, type RunWork } from "../runs/perform-run.ts";
import type { RunTracker } from "../runs/run-tracker.ts";
import { EvaluationFailedError, type Evaluator } from "./evaluator.ts";
import { runCommandOf } from "./run-command-of.ts";
import { hasHead, kindName } from "./task-kind.ts";

/** Scores one version on the splits its run asks for. Scores that are there already stay, so a second try goes on where the first ended. */
export function evaluate(deps: Deps, evaluator: Evaluator, id: string, signal: AbortSignal): Promise<void> {
  const how: RunWork = {
    kind: "EVALUATION",
    work: (run, tracker) => work(deps, run, { tracker, evaluator }),
    explain(error) {
      if (error instanceof EvaluationFailedError)
        return fault("EVALUATION_FAILED", hideScratch(error.message, folderOf(deps, id)));
      return error instanceof BadFileError ? fault(error.code, error.message, ["files", error.path]) : null;
    },
  };
  return performRun(deps, id, signal, how);
}

const folderOf = (deps: Deps, runId: string): string => path.join(deps.scratchDir, "evaluations", runId);

const withFiles = { include: { files: { orderBy: { path: "asc" } } } } as const;

async function loadWork(deps: Deps, run: Run) {
  const version = await deps.db.modelVersion.findUniqueOrThrow({ where: { id: run.versionId }, ...withFiles });
  const evaluations = await deps.db.evaluation.findMany({
    where: { runId: run.id },
    orderBy: { createdAt: "asc" },
    include: { split: true, task: { include: { expert: withFiles } } },
  });
  return { version, evaluations };
}

async function work(deps: Deps, run: Run, { tracker, evaluator }: Pick<Scoring, "tracker" | "evaluator">) {
  const { version, evaluations } = await loadWork(deps, run);
  const folder = folderOf(deps, run.id);
  const scratch = path.join(folder, tracker.lease);
  await fs.rm(folder, { recursive: true, force: true });
  await fs.mkdir(scratch, { recursive: true });
  await tracker.stage("staging");
  try {
    const model = await stage(deps, version, { folder: path.join(scratch, "model"), tracker });
    await tracker.stage("evaluating");
    for (const [i, evaluation] of evaluations.entries()) {
      if (evaluation.state === "SUCCEEDED") continue;
      const report = (part: number) => tracker.report({ progress: Math.min(1, (i + part) / evaluations.length) });
      await scoreOne(deps, evaluation, { run, tracker, evaluator, model, report, folder: path.join(scratch, `task-${i}`) });
      report(1);
    }
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
    await fs.rmdir(folder).catch(() => {}); // another attempt may have its own in it
  }
  return async () => {};
}

type OpenEvaluation = Awaited<ReturnType<typeof loadWork>>["evaluations"][number];

interface Scoring {
  readonly run: Run;
  readonly tracker: RunTracker;
  readonly evaluator: Evaluator;
  readonly model: string;
  readonly folder: string;
  readonly report: (part: number) => void;
}

async function scoreOne(deps: Deps, evaluation: OpenEvaluation, scoring: Scoring): Promise<void> {
  const { run, tracker } = scoring;
  const where = { id: evaluation.id, runId: run.id, run: { lease: tracker.lease } };
  await deps.db.evaluation.updateMany({ where, data: { state: "RUNNING" } });
  const { value, n, low, high, seconds, correct, truncated, peakMemoryBytes, details } = await score(deps, evaluation, scoring);
  const measured = { value, n, low, high, seconds, truncated, details, peakMemoryBytes: BigInt(peakMemoryBytes) };
  const data = { ...measured, state: "SUCCEEDED", correct: correct && Buffer.from(correct) } as const;
  // Kept at once: the next score may take minutes, and a worker that dies then must not lose this one.
  await deps.db.evaluation.updateMany({ where, data });
}

async function score(deps: Deps, { task, split }: OpenEvaluation, scoring: Scoring): Promise<Score> {
  const { tracker, evaluator, model, folder, report } = scoring;
  const kind = kindName(task.kind);
  const data = path.join(folder, `split.${split.format}`);
  await fs.mkdir(folder, { recursive: true });
  await fs.symlink(await stageBlob(deps.store, split.blobSha256, deps.scratchDir), data);
  const lender = hasHead(kind) ? task.expert : null;
  const head = lender ? { head: await stage(deps, lender, { folder: path.join(folder, "head"), tracker }) } : {};
  const labels = task.labels.length > 0 ? { labels: task.labels } : {};
  const request = { kind, model, ...head, ...labels, data, settings: task.settings };
  if (kind === "external") return runCommandOf(deps, { task, request, signal: tracker.signal });
  return evaluator.evaluate({ task: task.name, ...request }, { signal: tracker.signal, onProgress: report });
}

function stage(
  deps: Deps,
  version: ModelVersion & { readonly files: readonly File[] },
  { folder, tracker }: { folder: string; tracker: RunTracker },
): Promise<string> {
  return stageVersion(deps, { label: `version ${version.number}`, files: version.files, folder, signal: tracker.signal });
}
