import fs from "node:fs/promises";
import path from "node:path";
import type { Score } from "@amalgam/engine/evaluate";
import type { Deps } from "../../deps.ts";
import type { Split, Task } from "../../generated/prisma/client.ts";
import { stageBlob } from "../../platform/stage-blob.ts";
import type { Evaluator } from "../evaluations/evaluator.ts";
import { runCommandOf } from "../evaluations/run-command-of.ts";
import { hasHead, kindName } from "../evaluations/task-kind.ts";
import { stageVersion } from "../models/stage-version.ts";

export interface ScoredSplit {
  readonly task: Task;
  readonly split: Split;
  readonly score: Score;
}

/** Scores a folder on splits, one after the other, as an ordinary evaluation would. */
export async function scoreTrial(
  deps: Deps,
  evaluator: Evaluator,
  {
    model,
    splits,
    scratch,
    signal,
  }: { model: string; splits: readonly { task: Task; split: Split }[]; scratch: string; signal: AbortSignal },
): Promise<ScoredSplit[]> {
  const scored: ScoredSplit[] = [];
  for (const [i, { task, split }] of splits.entries()) {
    const folder = path.join(scratch, `task-${i}`);
    await fs.mkdir(folder, { recursive: true });
    const kind = kindName(task.kind);
    const data = path.join(folder, `split.${split.format}`);
    await fs.symlink(await stageBlob(deps.store, split.blobSha256, deps.scratchDir), data);
    const head =
      hasHead(kind) && task.expertId !== null ? { head: await stageHead(deps, task.expertId, { folder, signal }) } : {};
    const labels = task.labels.length > 0 ? { labels: task.labels } : {};
    const request = { kind, model, ...head, ...labels, data, settings: task.settings };
    const score =
      kind === "external"
        ? await runCommandOf(deps, { task, request, signal })
        : await evaluator.evaluate({ task: task.name, ...request }, { signal, onProgress: () => {} });
    scored.push({ task, split, score });
  }
  return scored;
}

async function stageHead(
  deps: Deps,
  versionId: string,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<string> {
  const files = await deps.db.file.findMany({ where: { versionId }, orderBy: { path: "asc" } });
  return stageVersion(deps, { label: "the task's expert", files, folder: path.join(folder, "head"), signal });
}
