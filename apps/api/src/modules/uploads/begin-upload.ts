import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { sha256Schema } from "../names.ts";
import { parseInput, refuse } from "../refuse.ts";
import { findStoredBlob } from "./stored-blob.ts";
import { layoutParts, maxFileBytes } from "./upload-size.ts";

const inputSchema = z.object({
  sha256: sha256Schema,
  sizeBytes: z
    .bigint()
    .min(0n, "A size is not negative.")
    .max(BigInt(maxFileBytes), `A file may be ${maxFileBytes} bytes long at most. Split the checkpoint into shards.`),
});

/** An upload as callers see it. Its id is the sha256 when the store has the bytes already. */
export interface UploadView {
  readonly id: string;
  readonly sha256: string;
  readonly sizeBytes: bigint;
  readonly partSizeBytes: number;
  readonly partCount: number;
  readonly receivedParts: readonly number[];
  readonly complete: boolean;
}

/** Opens an upload, or takes up the one this account has open for the same content. */
export async function beginUpload(deps: Deps, actor: Actor, input: unknown): Promise<UploadView> {
  authorise(actor, "write");
  const { sha256, sizeBytes } = parseInput(inputSchema, input);
  const blob = await findStoredBlob(deps, sha256);
  if (blob) {
    if (blob.sizeBytes !== sizeBytes)
      refuse("SIZE_MISMATCH", `The bytes ${sha256} are ${blob.sizeBytes} long, not ${sizeBytes}.`, ["sizeBytes"]);
    return storedView(blob);
  }
  const key = { accountId: actor.accountId, sha256, sizeBytes };
  await deps.db.upload.createMany({ data: { ...key, ...layoutParts(Number(sizeBytes)) }, skipDuplicates: true });
  const upload = await deps.db.upload.findUniqueOrThrow({ where: { accountId_sha256_sizeBytes: key }, include: { parts: true } });
  return openView(upload);
}

/** What `node(id)` answers for an upload. */
export async function loadUpload(deps: Deps, actor: Actor, id: string): Promise<UploadView | null> {
  if (/^[0-9a-f]{64}$/.test(id)) {
    const blob = await findStoredBlob(deps, id);
    return blob && storedView(blob);
  }
  const upload = await deps.db.upload.findFirst({ where: { id, accountId: actor.accountId }, include: { parts: true } });
  return upload && openView(upload);
}

function storedView(blob: { sha256: string; sizeBytes: bigint }): UploadView {
  const { sha256, sizeBytes } = blob;
  const layout = layoutParts(Number(sizeBytes));
  const receivedParts = Array.from({ length: layout.partCount }, (_, number) => number);
  return { id: sha256, sha256, sizeBytes, ...layout, receivedParts, complete: true };
}

type OpenUpload = Omit<UploadView, "receivedParts" | "complete"> & { readonly parts: readonly { readonly number: number }[] };

function openView({ id, sha256, sizeBytes, partSizeBytes, partCount, parts }: OpenUpload): UploadView {
  const receivedParts = parts.map(({ number }) => number).sort((a, b) => a - b);
  return { id, sha256, sizeBytes, partSizeBytes, partCount, receivedParts, complete: parts.length === partCount };
}
