import type { Deps } from "../../deps.ts";
import { weightFiles } from "./weight-files.ts";

/** What the tensors of a version amount to, by their rows. */
export async function summariseTensors(
  deps: Deps,
  files: readonly { readonly path: string; readonly sha256: string }[],
): Promise<{ space: "weights" | "delta"; dtype: string | null; tensorCount: number; parameterCount: bigint }> {
  const weights = weightFiles(files).map(({ sha256 }) => sha256);
  const where = { blobSha256: { in: weights } };
  const byDtype = await deps.db.tensorInfo.groupBy({ by: ["dtype"], where, _sum: { sizeBytes: true } });
  byDtype.sort((a, b) => Number((b._sum.sizeBytes ?? 0n) - (a._sum.sizeBytes ?? 0n)));
  const shapes = await deps.db.tensorInfo.findMany({ where, select: { shape: true } });
  const parameterCount = shapes.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * BigInt(n), 1n), 0n);
  const blobs = await deps.db.blob.findMany({ where: { sha256: { in: weights } }, select: { metadata: true } });
  const isDelta = blobs.some(({ metadata }) => (metadata as Record<string, unknown> | null)?.["amalgam.space"] === "delta");
  return { space: isDelta ? "delta" : "weights", dtype: byDtype[0]?.dtype ?? null, tensorCount: shapes.length, parameterCount };
}
