import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Client } from "minio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { howToGetS3 } from "../../../../scripts/environment.mjs";
import { createLocalStore } from "./local-store.ts";
import { blobKey, ObjectNotFoundError, type ObjectStore, SizeMismatchError } from "./object-store.ts";
import { createS3Store } from "./s3-store.ts";

const s3 = {
  endpoint: process.env["S3_ENDPOINT"] ?? "",
  region: process.env["S3_REGION"] ?? "us-east-1",
  accessKey: process.env["S3_ACCESS_KEY"] ?? "",
  secretKey: process.env["S3_SECRET_KEY"] ?? "",
  bucket: `amalgam-test-${randomBytes(6).toString("hex")}`,
};
const mebibyte = 2 ** 20;
let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam store "));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function s3Client(): Client {
  const { hostname, port, protocol } = new URL(s3.endpoint);
  return new Client({ ...s3, endPoint: hostname, port: Number(port) || 443, useSSL: protocol === "https:", pathStyle: true });
}

const stores = [
  { name: "local folder", open: async () => createLocalStore(path.join(folder, "store")) },
  ...(s3.endpoint
    ? [
        {
          name: "S3",
          async open() {
            await s3Client().makeBucket(s3.bucket);
            return createS3Store(s3);
          },
        },
      ]
    : []),
];

if (!s3.endpoint)
  test("the contract holds on a real S3 server", ({ skip }) => {
    if (process.env["CI"]) expect.fail(`There is no S3 server. ${howToGetS3}`);
    skip(howToGetS3);
  });

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe.each(stores)("$name", ({ open }) => {
  let store: ObjectStore;
  const keyOf = (name: string) => `uploads/${name}/0`;

  beforeAll(async () => {
    store = await open();
  });

  async function keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of store.list(prefix)) found.push(key);
    return found.sort();
  }

  test("is ready", () => store.check());

  test.each([0, 1, 1000, mebibyte + 1, 16 * mebibyte, 40 * mebibyte + 3])(
    "gives back %i bytes, in whole and in ranges",
    async (size) => {
      const bytes = randomBytes(size);
      const key = blobKey(createHash("sha256").update(bytes).digest("hex"));
      await store.put(key, inPieces(bytes, 100_003), size);
      expect(await store.stat(key)).toEqual({ sizeBytes: size });
      expect((await bytesOf(store.get(key))).equals(bytes)).toBe(true);
      for (const [start, end] of [
        [0, 0],
        [0, 1],
        [size - 1, size],
        [Math.floor(size / 3), Math.floor(size / 2)],
        [Math.floor(size / 2), size + 500],
        [size, size + 10],
        [size + 10, size + 20],
      ] as const) {
        if (start < 0) continue;
        const part = await bytesOf(store.get(key, { start, end }));
        expect(part.equals(bytes.subarray(start, end)), `${start} to ${end} of ${size}`).toBe(true);
      }
    },
  );

  test("stores a file, which may be deleted afterwards", async () => {
    const bytes = randomBytes(20 * mebibyte);
    const file = path.join(folder, randomBytes(4).toString("hex"));
    fs.writeFileSync(file, bytes);
    await store.putFile(keyOf("file"), file);
    await store.putFile(keyOf("file"), file);
    fs.rmSync(file);
    expect((await bytesOf(store.get(keyOf("file")))).equals(bytes)).toBe(true);
  });

  test("the last one to write a key wins, and readers see the old or the new whole", async () => {
    const first = Buffer.alloc(3 * mebibyte, 1);
    const second = Buffer.alloc(2 * mebibyte, 2);
    await store.put(keyOf("twice"), first, first.length);
    const reading = store.get(keyOf("twice"))[Symbol.asyncIterator]();
    const begun = await reading.next();
    await store.put(keyOf("twice"), second, second.length);
    const rest: Uint8Array[] = [begun.value];
    for (let next = await reading.next(); !next.done; next = await reading.next()) rest.push(next.value);
    expect(Buffer.concat(rest).equals(first)).toBe(true);
    expect((await bytesOf(store.get(keyOf("twice")))).equals(second)).toBe(true);
  });

  test.each([
    ["too few", 20 * mebibyte, 20 * mebibyte + 1],
    ["too many", 20 * mebibyte, 20 * mebibyte - 1],
    ["too few", 10, 11],
    ["too many", 10, 9],
  ])("%s bytes leave nothing behind (%i for %i)", async (_, given, announced) => {
    const key = keyOf(`short-${given}-${announced}`);
    await expect(store.put(key, inPieces(randomBytes(given), mebibyte), announced)).rejects.toThrow(SizeMismatchError);
    expect(await store.stat(key)).toBeNull();
  });

  test("a source that breaks leaves nothing behind, and the former object untouched", async () => {
    const key = keyOf("broken");
    await store.put(key, Buffer.from("before"), 6);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(18 * mebibyte);
      throw new Error("the upload was cut");
    }
    await expect(store.put(key, broken(), 30 * mebibyte)).rejects.toThrow("the upload was cut");
    expect((await bytesOf(store.get(key))).toString()).toBe("before");
  });

  test("what is not there is said by name", async () => {
    await expect(bytesOf(store.get(keyOf("never")))).rejects.toThrow(ObjectNotFoundError);
    await expect(bytesOf(store.get(keyOf("never"), { start: 3, end: 5 }))).rejects.toThrow(keyOf("never"));
    await expect(bytesOf(store.get(keyOf("never"), { start: 3, end: 3 }))).rejects.toThrow(ObjectNotFoundError);
    expect(await store.stat(keyOf("never"))).toBeNull();
    await store.delete(keyOf("never"));
  });

  test("lists what begins with a prefix, and deletes", async () => {
    for (const key of ["listed/a/0", "listed/a/1", "listed/ab/0", "listed/b/0"])
      await store.put(key, Buffer.from(key), key.length);
    expect(await keys("listed/")).toEqual(["listed/a/0", "listed/a/1", "listed/ab/0", "listed/b/0"]);
    expect(await keys("listed/a/")).toEqual(["listed/a/0", "listed/a/1"]);
    expect(await keys("listed/a")).toEqual(["listed/a/0", "listed/a/1", "listed/ab/0"]);
    await store.delete("listed/a/1");
    expect(await keys("listed/a/")).toEqual(["listed/a/0"]);
    expect(await keys("nothing/")).toEqual([]);
  });

  test.each(["../x", "a/../b", "/etc/passwd", "a//b", "", ".staging/x", "a/./b", "a\\b", "a\0b", "x".repeat(600)])(
    "refuses the key %#",
    async (key) => {
      await expect((async () => store.put(key, Buffer.alloc(0), 0))()).rejects.toThrow("not a usable object key");
    },
  );

  test("twenty writers of the same key leave one whole object", async () => {
    const bytes = randomBytes(100_000);
    await Promise.all(Array.from({ length: 20 }, () => store.put(keyOf("race"), bytes, bytes.length)));
    expect((await bytesOf(store.get(keyOf("race")))).equals(bytes)).toBe(true);
  });
});

describe.runIf(s3.endpoint)("S3 only", () => {
  test("a bucket that is missing and keys that are wrong are said in plain words", async () => {
    await expect(createS3Store({ ...s3, bucket: "amalgam-no-such-bucket" }).check()).rejects.toThrow(
      "has no bucket amalgam-no-such-bucket",
    );
    await expect(createS3Store({ ...s3, secretKey: "wrong" }).check()).rejects.toThrow(
      /refuses: (AccessDenied|SignatureDoesNotMatch)/,
    );
    await expect(createS3Store({ ...s3, endpoint: "http://127.0.0.1:1" }).check()).rejects.toThrow("ECONNREFUSED");
  });

  test("a failed upload leaves no parts to pay for", async () => {
    const store = createS3Store(s3);
    await expect(store.put("uploads/parts/0", inPieces(randomBytes(20 * mebibyte), mebibyte), 50 * mebibyte)).rejects.toThrow(
      "nothing was stored",
    );
    const unfinished: unknown[] = [];
    for await (const upload of s3Client().listIncompleteUploads(s3.bucket, "", true)) unfinished.push(upload);
    expect(unfinished).toEqual([]);
  });
});
