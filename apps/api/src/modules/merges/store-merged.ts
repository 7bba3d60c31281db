import path from "node:path";
import { fileSource, type Inspection, inspectSafetensors } from "@amalgam/engine/formats";
import { coefficientsOf, type MergedFile, type MergeReport } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Prisma, Run } from "../../generated/prisma/client.ts";
import { blobKey } from "../../platform/object-store.ts";
import { BadFileError } from "../models/bad-file-error.ts";
import { describeCheckpoint } from "../models/describe-checkpoint.ts";
import { moveAliases } from "../models/set-alias.ts";
import { versionDigest } from "../models/version-digest.ts";
import { saveInspection } from "../uploads/save-inspection.ts";
import { findStoredBlob } from "../uploads/stored-blob.ts";
import type { MergeInputs } from "./execute-merge.job.ts";

interface Merged {
  readonly run: Run;
  readonly inputs: MergeInputs;
  readonly report: MergeReport;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Moves the result into the blob store and returns the writes that make it a version: all of them or none. */
export async function storeMerged(deps: Deps, merged: Merged): Promise<(tx: Prisma.TransactionClient) => Promise<void>> {
  const { run, inputs, report, folder, signal } = merged;
  const files = report.files.map((file) => ({ ...file, sizeBytes: BigInt(file.sizeBytes) }));
  for (const file of report.files) {
    signal.throwIfAborted();
    const stored = await findStoredBlob(deps, file.sha256);
    const inspection = stored?.inspectedAt ? null : await inspectMerged(path.join(folder, file.path), file, signal);
    if (!stored) await deps.store.putFile(blobKey(file.sha256), path.join(folder, file.path));
    await saveBlob(deps, file, inspection);
  }
  const version = await deps.db.modelVersion.findUniqueOrThrow({ where: { id: run.versionId } });
  const facts = await describeCheckpoint(deps, { kind: version.kind, licence: null }, files);
  const digest = versionDigest(files);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0n);
  return async (tx) => {
    const rows = files.map(({ path: name, sha256, sizeBytes: size }) => ({
      path: name,
      sha256,
      sizeBytes: size,
      blobSha256: sha256,
    }));
    const data = { ...facts, digest, sizeBytes, state: "READY" as const, files: { create: rows } };
    const ready = await tx.modelVersion.update({ where: { id: version.id }, data });
    await writeEdges(tx, inputs, version.id);
    await markSplits(tx, inputs, { digest, title: run.title });
    await moveAliases(tx, ready, ready.wantedAliases);
  };
}

/** The one pass that reads the result back: it also proves that the disk holds what was written. */
async function inspectMerged(file: string, { path: name, sha256 }: MergedFile, signal: AbortSignal): Promise<Inspection | null> {
  if (!name.endsWith(".safetensors")) return null;
  const source = await fileSource(file);
  try {
    const inspection = await inspectSafetensors(source, { signal });
    if (inspection.sha256 !== sha256)
      throw new BadFileError(
        name,
        "DIGEST_MISMATCH",
        `${name} does not read back as it was written; the scratch disk may be damaged.`,
      );
    const bad = inspection.tensors.find(({ finite }) => !finite);
    if (bad)
      throw new BadFileError(
        name,
        "NOT_FINITE",
        `The result is of no use: its tensor ${bad.name} holds NaN or infinite values. A coefficient or the dtype is out of range.`,
      );
    return inspection;
  } finally {
    await source.close();
  }
}

async function saveBlob(deps: Deps, { sha256, sizeBytes }: MergedFile, inspection: Inspection | null): Promise<void> {
  await deps.db.$transaction(
    async (tx) => {
      await tx.blob.createMany({ data: { sha256, sizeBytes: BigInt(sizeBytes) }, skipDuplicates: true });
      if (inspection) await saveInspection(tx, inspection, deps.clock());
    },
    { timeout: 120_000 },
  );
}

/** Edges, each with the statistics that the merge used for its parent. */
async function writeEdges(tx: Prisma.TransactionClient, inputs: MergeInputs, childId: string): Promise<void> {
  const edges = edgesOf(inputs, childId);
  await tx.lineageEdge.createMany({ data: edges });
  if (inputs.statistics.length === 0) return;
  const rows = await tx.lineageEdge.findMany({ where: { childId }, select: { id: true, position: true } });
  const data = inputs.statistics.flatMap(({ id: statisticId, parent }) => {
    const edge = rows.find(({ position }) => position === (parent ?? inputs.parents.length));
    return edge ? [{ edgeId: edge.id, statisticId }] : [];
  });
  await tx.lineageStatistic.createMany({ data: data.map((each, position) => ({ ...each, position })) });
}

/** What was measured on a split decided numbers of the result: its score there flatters it. */
async function markSplits(
  tx: Prisma.TransactionClient,
  { statistics }: MergeInputs,
  { digest, title }: { digest: string; title: string },
): Promise<void> {
  const splits = [...new Set(statistics.map(({ splitId }) => splitId))];
  const data = splits.map((splitId) => ({ versionDigest: digest, splitId, by: `statistics: ${title}` }));
  await tx.tunedOn.createMany({ data, skipDuplicates: true });
}

/** One edge for each parent in recipe order, then one for the base. */
function edgesOf({ recipe, base, parents }: MergeInputs, childId: string): Prisma.LineageEdgeCreateManyInput[] {
  const coefficients = coefficientsOf(recipe);
  const edges: Prisma.LineageEdgeCreateManyInput[] = parents.map(({ id, digest }, position) => ({
    parentId: id,
    childId,
    role: "PARENT",
    parentDigest: digest,
    coefficient: coefficients.parents[position] ?? null,
    position,
  }));
  if (base)
    edges.push({
      parentId: base.id,
      childId,
      role: "BASE",
      parentDigest: base.digest,
      coefficient: coefficients.base,
      position: parents.length,
    });
  return edges;
}
