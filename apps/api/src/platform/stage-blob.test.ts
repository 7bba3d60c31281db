import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalStore } from "./local-store.ts";
import { blobKey, type ObjectStore } from "./object-store.ts";
import { stageBlob } from "./stage-blob.ts";

let folder: string;
let local: ObjectStore;
/** The same store as a worker on another machine sees it: with no files of its own. */
let remote: ObjectStore;
let reads: string[];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-stage-"));
  local = createLocalStore(path.join(folder, "store"));
  reads = [];
  remote = {
    ...local,
    localPath: () => null,
    get(key, range) {
      reads.push(key);
      return local.get(key, range);
    },
  };
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

async function store(bytes: Buffer): Promise<string> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await local.put(blobKey(sha256), bytes, bytes.length);
  return sha256;
}

test("a local store's own file is used, without a copy", async () => {
  const sha256 = await store(Buffer.from("weights"));
  const staged = await stageBlob(local, sha256, path.join(folder, "scratch"));
  expect(staged).toBe(local.localPath(blobKey(sha256)));
  expect(fs.existsSync(path.join(folder, "scratch"))).toBe(false);
});

test("a blob is fetched once, however many ask at once", async () => {
  const sha256 = await store(Buffer.from("weights"));
  const scratch = path.join(folder, "scratch");
  const paths = await Promise.all(Array.from({ length: 8 }, () => stageBlob(remote, sha256, scratch)));
  expect(new Set(paths).size).toBe(1);
  expect(fs.readFileSync(paths[0] ?? "", "utf8")).toBe("weights");
  await stageBlob(remote, sha256, scratch);
  expect(reads).toHaveLength(1);
});

test("damaged bytes are refused by digest and not kept", async () => {
  const sha256 = createHash("sha256").update("what it should be").digest("hex");
  await local.put(blobKey(sha256), Buffer.from("something else"), 14);
  const scratch = path.join(folder, "scratch");
  await expect(stageBlob(remote, sha256, scratch)).rejects.toThrow(`blob ${sha256} are damaged`);
  expect(fs.readdirSync(path.join(scratch, "blobs"))).toEqual([]);
});

test("a missing blob is named", async () => {
  const sha256 = "0".repeat(64);
  await expect(stageBlob(local, sha256, folder)).rejects.toThrow(`lacks the blob ${sha256}`);
  await expect(stageBlob(remote, sha256, folder)).rejects.toThrow(sha256);
});

test("what was used longest ago goes first, and nothing that was staged within the hour", async () => {
  const scratch = path.join(folder, "scratch");
  const hours = (count: number) => new Date(Date.now() - count * 3600_000);
  const stage = async (name: string, age?: number) => {
    const sha256 = await store(Buffer.alloc(1000, name));
    const file = await stageBlob(remote, sha256, scratch, { maxBytes: 3000 });
    if (age !== undefined) fs.utimesSync(file, hours(age), hours(age));
    return file;
  };
  const oldest = await stage("a", 5);
  const used = await stage("b", 9);
  await stage("b", 2); // used again: younger than the others now
  const older = await stage("c", 4);
  const fresh = await stage("d");
  expect([oldest, used, older, fresh].map((file) => fs.existsSync(file))).toEqual([false, true, true, true]);
  const second = await stage("e");
  const third = await stage("f");
  const fourth = await stage("g");
  expect([used, older, fresh, second, third, fourth].map((file) => fs.existsSync(file))).toEqual([
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
});
