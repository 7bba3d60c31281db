import type { Deps } from "../../deps.ts";
import type { File, Prisma, Run } from "../../generated/prisma/client.ts";
import { fault } from "../refuse.ts";
import { performRun, type RunWork } from "../runs/perform-run.ts";
import type { RunTracker } from "../runs/run-tracker.ts";
import { BadBytesError } from "../uploads/bad-bytes-error.ts";
import { ensureBlob } from "../uploads/ensure-blob.ts";
import { BadFileError } from "./bad-file-error.ts";
import { describeCheckpoint } from "./describe-checkpoint.ts";
import { moveAliases } from "./set-alias.ts";

/** Reads every byte of a registered version once, stores it, and makes the version READY or REJECTED. */
export function verifyVersion(deps: Deps, id: string, signal: AbortSignal): Promise<void> {
  const how: RunWork = {
    kind: "VERIFICATION",
    work: (run, tracker) => verify(deps, run, tracker),
    explain: (error) => (error instanceof BadFileError ? fault(error.code, error.message, ["files", error.path]) : null),
  };
  return performRun(deps, id, signal, how);
}

async function verify(deps: Deps, run: Run, tracker: RunTracker) {
  const version = await deps.db.modelVersion.findUniqueOrThrow({
    where: { id: run.versionId },
    include: { files: { orderBy: { path: "asc" } } },
  });
  await tracker.stage("verifying");
  await storeFiles(deps, version.files, tracker);
  await tracker.stage("describing");
  const facts = await describeCheckpoint(deps, version, version.files);
  return async (tx: Prisma.TransactionClient) => {
    for (const { id, sha256 } of version.files) await tx.file.update({ where: { id }, data: { blobSha256: sha256 } });
    const ready = await tx.modelVersion.update({ where: { id: version.id }, data: { ...facts, state: "READY" } });
    await moveAliases(tx, ready, ready.wantedAliases);
  };
}

async function storeFiles(deps: Deps, files: readonly File[], tracker: RunTracker): Promise<void> {
  const total = files.reduce((sum, file) => sum + Number(file.sizeBytes), 0);
  const began = performance.now();
  let before = 0;
  for (const file of files) {
    const onBytes = (bytes: number) => {
      const done = before + bytes;
      const bytesPerSecond = (done / (performance.now() - began)) * 1000;
      tracker.report({
        progress: total > 0 ? Math.min(1, done / total) : 1,
        bytesPerSecond,
        secondsLeft: (total - done) / bytesPerSecond,
      });
    };
    try {
      await ensureBlob(deps, file, { signal: tracker.signal, onBytes });
    } catch (error) {
      throw error instanceof BadBytesError ? new BadFileError(file.path, error.code, `${file.path}: ${error.message}`) : error;
    }
    before += Number(file.sizeBytes);
  }
}
