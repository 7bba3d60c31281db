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
import { inParts, minPartBytes, partBytesFor, putInParts, readFile } from "./put-in-parts.ts";

export interface S3Options {
  /** https://host:port, or http:// for a server of your own. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

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
        if (sizeBytes > minPartBytes) return putInParts({ client, bucket, key }, next);
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
          if (size > minPartBytes) await putInParts({ client, bucket, key }, next);
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
