import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDeps, type TestDeps } from "../../../test/support/stack.ts";
import { blobKey, uploadPartKey } from "../../platform/object-store.ts";
import { sweepScratch } from "../runs/sweep-scratch.ts";
import { beginUpload } from "./begin-upload.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { receivePart } from "./receive-part.ts";

let stack: TestDeps;

beforeAll(async () => {
  stack = await openTestDeps();
});

afterAll(() => stack?.close());

const inTwoDays = () => ({ ...stack.deps, clock: () => new Date(Date.now() + 48 * 3600_000) });

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function abandon(text: string): Promise<string> {
  const bytes = Buffer.from(text);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { id } = await beginUpload(stack.deps, stack.actor, { sha256, sizeBytes: BigInt(bytes.length) });
  expect(
    await receivePart(stack.deps, stack.actor, { uploadId: id, number: 0, lengthBytes: bytes.length, body: once(bytes) }),
  ).toBeNull();
  return id;
}

async function storeBlob(text: string): Promise<string> {
  const bytes = Buffer.from(text);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await stack.deps.store.put(blobKey(sha256), bytes, bytes.length);
  await stack.deps.db.blob.create({ data: { sha256, sizeBytes: BigInt(bytes.length) } });
  return sha256;
}

test("an upload that was abandoned goes with its parts after a day, and not before", async () => {
  const { deps } = stack;
  const id = await abandon("half a file");
  await collectGarbage(deps);
  expect(await deps.store.stat(uploadPartKey(id, 0))).not.toBeNull();
  expect(await collectGarbage(inTwoDays())).toMatchObject({ uploads: 1 });
  expect(await deps.store.stat(uploadPartKey(id, 0))).toBeNull();
  expect(await deps.db.upload.count()).toBe(0);
});

test("bytes that nothing needs go after a day; those of a version, and those one is about to use, stay", async () => {
  const { deps } = stack;
  const [unused, used, wanted] = [await storeBlob("unused"), await storeBlob("used"), await storeBlob("wanted")];
  const model = await deps.db.model.create({ data: { namespace: "gc", name: "model" } });
  const file = (sha256: string, blobSha256: string | null) => ({
    path: `${sha256.slice(0, 8)}.json`,
    sha256,
    sizeBytes: 4n,
    blobSha256,
  });
  await deps.db.modelVersion.create({
    data: { modelId: model.id, number: 1, kind: "BASE", files: { create: [file(used, used), file(wanted, null)] } },
  });
  expect(await collectGarbage(deps)).toMatchObject({ blobs: 0 });
  expect(await collectGarbage(inTwoDays())).toMatchObject({ blobs: 1 });
  const left = await Promise.all([unused, used, wanted].map((sha256) => deps.store.stat(blobKey(sha256))));
  expect(left.map((object) => object !== null)).toEqual([false, true, true]);
  expect(await deps.db.blob.count({ where: { sha256: unused } })).toBe(0);
});

test("working folders of ended runs go, those of runs at work and of strangers stay", async () => {
  const { deps } = stack;
  const model = await deps.db.model.create({ data: { namespace: "gc", name: "scratch" } });
  const { id: versionId } = await deps.db.modelVersion.create({ data: { modelId: model.id, number: 1, kind: "BASE" } });
  const data = { kind: "EVALUATION" as const, title: "t", versionId };
  const ended = await deps.db.run.create({ data: { ...data, state: "CANCELLED", finishedAt: new Date() } });
  const atWork = await deps.db.run.create({ data: { ...data, state: "RUNNING", lease: "x" } });
  const folder = path.join(deps.scratchDir, "evaluations");
  for (const name of [ended.id, atWork.id, "stranger"]) await fs.mkdir(path.join(folder, name, "attempt"), { recursive: true });
  expect(await sweepScratch(deps)).toBe(1);
  expect((await fs.readdir(folder)).sort()).toEqual([atWork.id, "stranger"].sort());
});

test("the files of a data set stay, though no task uses them", async () => {
  const { deps } = stack;
  const sha256 = await storeBlob("a split");
  const splits = { create: [{ name: "test", path: "test.jsonl", blobSha256: sha256 }] };
  const versions = { create: [{ number: 1, digest: "0".repeat(64), splits }] };
  await deps.db.dataset.create({ data: { namespace: "gc", name: "data", title: "Data", versions } });
  await collectGarbage(inTwoDays());
  expect(await deps.store.stat(blobKey(sha256))).not.toBeNull();
});

test("the file of a statistic stays", async () => {
  const { deps } = stack;
  const sha256 = await storeBlob("a statistic");
  const digest = "1".repeat(64);
  const model = await deps.db.model.create({ data: { namespace: "gc", name: "measured" } });
  const { id: versionId } = await deps.db.modelVersion.create({ data: { modelId: model.id, number: 1, kind: "BASE" } });
  const task = await deps.db.task.create({
    data: { namespace: "gc", name: "task", title: "T", labels: ["a", "b"], metric: "accuracy" },
  });
  const { id: splitId } = await deps.db.split.create({
    data: { taskId: task.id, name: "search", purpose: "SEARCH", exampleCount: 1, blobSha256: await storeBlob("its split") },
  });
  const measured = { state: "SUCCEEDED", blobSha256: sha256, sizeBytes: 11n, seconds: 1, finishedAt: new Date() } as const;
  const facts = { key: digest, kind: "FISHER", estimator: "exact", about: {}, examples: 1 } as const;
  await deps.db.statistic.create({ data: { ...facts, ...measured, versionId, versionDigest: digest, splitId } });
  await collectGarbage(inTwoDays());
  expect(await deps.store.stat(blobKey(sha256))).not.toBeNull();
});
