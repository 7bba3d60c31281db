import type { Deps } from "../../deps.ts";
import { uploadPartKey } from "../../platform/object-store.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { partLength } from "./upload-size.ts";

export type PartRefusal = { readonly status: 404 | 409 | 411 | 413; readonly code: string; readonly message: string };

/** Stores one part; null when it was taken. Sending a part again replaces it, whole or not at all. */
export async function receivePart(
  deps: Deps,
  actor: Actor,
  part: { uploadId: string; number: number; lengthBytes: number | undefined; body: AsyncIterable<Uint8Array> },
): Promise<PartRefusal | null> {
  authorise(actor, "write");
  const { uploadId, number, lengthBytes, body } = part;
  const upload = await deps.db.upload.findFirst({ where: { id: uploadId, accountId: actor.accountId } });
  if (!upload)
    return { status: 404, code: "NO_UPLOAD", message: "There is no such upload, or it was finished already. Begin it again." };
  if (!Number.isInteger(number) || number < 0 || number >= upload.partCount)
    return { status: 404, code: "NO_PART", message: `This upload has parts 0 to ${upload.partCount - 1}.` };
  if (lengthBytes === undefined)
    return { status: 411, code: "LENGTH_REQUIRED", message: "Send the part's length as Content-Length." };
  const expected = partLength(upload, number);
  if (lengthBytes !== expected)
    return { status: 413, code: "PART_SIZE", message: `Part ${number} must be ${expected} bytes long, not ${lengthBytes}.` };
  await deps.store.put(uploadPartKey(uploadId, number), body, expected);
  const key = { uploadId_number: { uploadId, number } };
  await deps.db.uploadPart.upsert({
    where: key,
    create: { uploadId, number, sizeBytes: expected },
    update: { receivedAt: deps.clock() },
  });
  return null;
}
