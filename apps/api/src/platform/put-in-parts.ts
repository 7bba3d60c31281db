import type { FileHandle } from "node:fs/promises";
import type { Client } from "minio";

/** Objects up to this size go in one request. */
export const minPartBytes = 16 * 2 ** 20;
const maxParts = 10_000;
const partsAtOnce = 4;

export interface PartsTarget {
  readonly client: Client;
  readonly bucket: string;
  readonly key: string;
}

/** Uploads the parts that `next` makes, four at a time; a fault leaves no object and no parts behind. */
export async function putInParts({ client, bucket, key }: PartsTarget, next: () => Promise<Buffer | null>): Promise<void> {
  const uploadID = await client.initiateNewMultipartUpload(bucket, key, {});
  try {
    const etags: { part: number; etag: string }[] = [];
    const take = inTurn(next);
    const send = async () => {
      for (let one = await take(); one; one = await take()) {
        const headers = { "content-length": one.data.length };
        const { etag } = await client.uploadPart(
          { bucketName: bucket, objectName: key, uploadID, partNumber: one.part, headers },
          one.data,
        );
        etags.push({ part: one.part, etag });
      }
    };
    const senders = Array.from({ length: partsAtOnce }, () => send().finally(take.end));
    const ended = await Promise.allSettled(senders);
    for (const one of ended) if (one.status === "rejected") throw one.reason;
    const inOrder = etags.sort((a, b) => a.part - b.part);
    await client.completeMultipartUpload(bucket, key, uploadID, inOrder);
  } catch (error) {
    await client.abortMultipartUpload(bucket, key, uploadID).catch(() => {});
    throw error;
  }
}

/** Lets many ask for the next part, one after the other; once one of them has ended, for whatever reason, nobody gets more. */
function inTurn(next: () => Promise<Buffer | null>) {
  let turn: Promise<unknown> = Promise.resolve();
  let count = 0;
  let hasEnded = false;
  const take = () => {
    const mine = turn.then(async () => {
      const data = hasEnded ? null : await next();
      return data && { data, part: ++count };
    });
    turn = mine.catch(() => {});
    return mine;
  };
  const end = () => {
    hasEnded = true;
  };
  return Object.assign(take, { end });
}

/** S3 takes 10 000 parts at most, so very large objects need larger ones. */
export function partBytesFor(sizeBytes: number): number {
  return Math.max(minPartBytes, Math.ceil(sizeBytes / maxParts));
}

export async function* readFile(file: FileHandle, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < sizeBytes; ) {
    const chunk = Buffer.allocUnsafe(Math.min(minPartBytes, sizeBytes - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) throw new Error("the file became shorter while it was being stored");
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Cuts a stream into parts of exactly `partBytes`, the last one shorter; null at the end. */
export function inParts(body: AsyncIterable<Uint8Array>, partBytes: number): () => Promise<Buffer | null> {
  const chunks = body[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return async () => {
    const collected: Uint8Array[] = [];
    let size = 0;
    while (size < partBytes) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) break;
        rest = next.value;
      }
      const piece = rest.subarray(0, partBytes - size);
      rest = rest.subarray(piece.length);
      collected.push(piece);
      size += piece.length;
    }
    return size === 0 ? null : Buffer.concat(collected, size);
  };
}
