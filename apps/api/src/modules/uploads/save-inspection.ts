import type { Inspection } from "@amalgam/engine/formats";
import type { Prisma } from "../../generated/prisma/client.ts";

const rowsAtOnce = 2000;

/** Writes what the pass over a safetensors blob found. Inspecting the same bytes twice writes the same rows. */
export async function saveInspection(tx: Prisma.TransactionClient, inspection: Inspection, now: Date): Promise<void> {
  const { sha256, header, tensors } = inspection;
  const rows = tensors.map((tensor, position) => ({
    ...tensor,
    shape: [...tensor.shape],
    sizeBytes: BigInt(tensor.sizeBytes),
    // The sum of squares of very large doubles overflows; the columns hold finite numbers.
    norm: Math.min(tensor.norm, Number.MAX_VALUE),
    blobSha256: sha256,
    position,
  }));
  for (let i = 0; i < rows.length; i += rowsAtOnce)
    await tx.tensorInfo.createMany({ data: rows.slice(i, i + rowsAtOnce), skipDuplicates: true });
  const metadata = Object.fromEntries([...header.metadata].map(([key, value]) => [withoutNul(key), withoutNul(value)]));
  await tx.blob.update({ where: { sha256 }, data: { inspectedAt: now, metadata } });
}

/** PostgreSQL's JSON cannot hold NUL. */
const withoutNul = (text: string): string => text.replaceAll("\u0000", "\ufffd");
