import fs from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { Client } from "minio";
import {
  assertKey,
  assertRange,
  type ByteRange,
  exactly,
  ObjectNotFoundError,
  type ObjectStore,
  StoreFullError,
} from "./object-store.ts";

export interface S3Options {
  /** https://host:port, or http:// for a server of your own. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

const minPartBytes = 16 * 2 ** 20;
const maxParts = 10_000;
const partsAtOnce = 4;
const readAttempts = 4;

/**
 * Objects of one bucket. Uploads in parts of our own making: minio-js sends a stream of unknown size in parts of half a gigabyte
 * and sends parts one by one. Bytes are not checked against a digest here, since many servers ignore checksum headers: whoever
 * stores a blob verifies it by reading.
 */
export function createS3Store({ endpoint, bucket, region, accessKey, secretKey }: S3Options): ObjectStore {
  const url = new URL(endpoint);
  const isSecure = url.protocol === "https:";
  const where = `${bucket} at ${url.host}`;
  const client = new Client({
    endPoint: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port ? Number(url.port) : isSecure ? 443 : 80,
    useSSL: isSecure,
    accessKey,
    secretKey,
    region,
    pathStyle: true, // works with every server; names of buckets need no DNS
    transportAgent: new (isSecure ? https : http).Agent({ keepAlive: true, maxSockets: 32 }),
  });

  /** Uploads the parts that `next` makes, four at a time; a fault leaves no object and no parts behind. */
  async function putParts(key: string, next: () => Promise<Buffer | null>): Promise<void> {
    const uploadID = await client.initiateNewMultipartUpload(bucket, key, {});
    try {
      const etags: { part: number; etag: string }[] = [];
      let turn: Promise<unknown> = Promise.resolve();
      let count = 0;
      let hasFailed = false;
      const take = () => {
        const mine = turn.then(async () => ({ data: hasFailed ? null : await next(), part: ++count }));
        turn = mine.catch(() => {});
        return mine;
      };
      const send = async () => {
        try {
          for (;;) {
            const { data, part } = await take();
            if (!data) return;
            const headers = { "content-length": data.length };
            const { etag } = await client.uploadPart(
              { bucketName: bucket, objectName: key, uploadID, partNumber: part, headers },
              data,
            );
            etags.push({ part, etag });
          }
        } catch (error) {
          hasFailed = true;
          throw error;
        }
      };
      const ended = await Promise.allSettled(Array.from({ length: partsAtOnce }, send));
      for (const one of ended) if (one.status === "rejected") throw one.reason;
      const inOrder = etags.sort((a, b) => a.part - b.part);
      await client.completeMultipartUpload(bucket, key, uploadID, inOrder);
    } catch (error) {
      await client.abortMultipartUpload(bucket, key, uploadID).catch(() => {});
      throw error;
    }
  }

  /** Says what a server's error code means for the user. */
  async function explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fullCodes.has(codeOf(error)) ? new StoreFullError(where, { cause: error }) : error;
    }
  }

  async function stat(key: string): Promise<{ sizeBytes: number } | null> {
    assertKey(key);
    try {
      return { sizeBytes: (await client.statObject(bucket, key)).size };
    } catch (error) {
      if (missingCodes.has(codeOf(error))) return null;
      throw error;
    }
  }

  async function open(key: string, start: number, end: number): Promise<AsyncIterable<Buffer>> {
    const isWhole = start === 0 && end === Number.POSITIVE_INFINITY;
    if (isWhole) return client.getObject(bucket, key);
    // A length of 0 means "to the end" to minio-js; the caller never asks for that.
    return client.getPartialObject(bucket, key, start, end === Number.POSITIVE_INFINITY ? 0 : end - start);
  }

  /** A connection that breaks in the middle goes on where it broke. */
  async function* get(key: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    assertKey(key);
    assertRange(range);
    const end = range?.end ?? Number.POSITIVE_INFINITY;
    let position = range?.start ?? 0;
    if (position === end && !(await stat(key))) throw new ObjectNotFoundError(key);
    for (let attempt = 1; position < end; attempt++) {
      try {
        for await (const chunk of await open(key, position, end)) {
          position += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        const code = codeOf(error);
        if (code === "InvalidRange") return; // begins behind the end: no bytes, as in a file
        if (missingCodes.has(code)) throw new ObjectNotFoundError(key);
        if (attempt === readAttempts || !isPassing(error)) throw error;
      }
    }
  }

  return {
    put: (key, body, sizeBytes) =>
      explained(async () => {
        assertKey(key);
        const next = inParts(exactly(key, body, sizeBytes), partBytesFor(sizeBytes));
        if (sizeBytes > minPartBytes) return putParts(key, next);
        const data = (await next()) ?? Buffer.alloc(0);
        await next(); // counts to the end
        await client.putObject(bucket, key, data, data.length);
      }),
    putFile: (key, localPath) =>
      explained(async () => {
        assertKey(key);
        const file = await fs.open(localPath, "r");
        try {
          const { size } = await file.stat();
          const next = inParts(readFile(file, size), partBytesFor(size));
          if (size > minPartBytes) await putParts(key, next);
          else await client.putObject(bucket, key, (await next()) ?? Buffer.alloc(0), size);
        } finally {
          await file.close();
        }
      }),
    get,
    stat,
    async delete(key) {
      assertKey(key);
      await client.removeObject(bucket, key);
    },
    async *list(prefix) {
      for await (const item of client.listObjectsV2(bucket, prefix, true))
        if (item.name !== undefined) yield { key: item.name, sizeBytes: item.size, modifiedAt: item.lastModified };
    },
    localPath: () => null,
    async check() {
      const exists = await client.bucketExists(bucket).catch((error) => {
        throw new Error(
          `The object store at ${url.host} refuses: ${codeOf(error) || error.message}. Check S3_ENDPOINT and the S3 keys.`,
          {
            cause: error,
          },
        );
      });
      if (!exists) throw new Error(`The object store at ${url.host} has no bucket ${bucket}. Create it, or set S3_BUCKET.`);
    },
  };
}

const fullCodes = new Set(["XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "EntityTooLarge"]);
const missingCodes = new Set(["NoSuchKey", "NotFound"]);

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? "");

/** Faults of the way there rather than of the request. */
function isPassing(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: number };
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|SlowDown|InternalError|ServiceUnavailable)/.test(codeOf(error)) || (statusCode ?? 0) >= 500
  );
}

/** S3 takes 10 000 parts at most, so very large objects need larger ones. */
function partBytesFor(sizeBytes: number): number {
  return Math.max(minPartBytes, Math.ceil(sizeBytes / maxParts));
}

async function* readFile(file: fs.FileHandle, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < sizeBytes; ) {
    const chunk = Buffer.allocUnsafe(Math.min(minPartBytes, sizeBytes - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) throw new Error("the file became shorter while it was being stored");
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Cuts a stream into parts of exactly `partBytes`, the last one shorter; null at the end. */
function inParts(body: AsyncIterable<Uint8Array>, partBytes: number): () => Promise<Buffer | null> {
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
