import fs from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blobKey } from "../../src/platform/object-store.ts";
import type { Server } from "../../src/server.ts";
import { safetensors } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import {
  createModel,
  pushReady,
  type Refusal,
  type RunAnswer,
  readRun,
  requestMerge,
  runEnded,
  runFields,
} from "../support/registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;
let client: Client;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
  const worker = await openWorker(stack);
  const values = (seed: number) => Array.from({ length: 1 << 20 }, (_, i) => Math.cos(seed * i));
  for (const [i, name] of ["a", "b"].entries()) {
    const weights = await safetensors([0, 1, 2, 3].map((t) => ({ name: `t${t}`, shape: [1 << 20], values: values(i + t + 1) })));
    await pushReady(client, `stop/${name}`, new Map([["model.safetensors", weights]]));
  }
  await createModel(client, "stop", "out");
  await worker.close();
});

afterAll(async () => {
  await server?.close();
  await stack?.close();
});

const ask = (t: number) =>
  requestMerge(client, {
    namespace: "stop",
    name: "out",
    recipe: { method: "slerp", parents: [{ model: "stop/a" }, { model: "stop/b" }], parameters: { t } },
  });

const change = (what: "cancelRun" | "retryRun", id: string) =>
  client.ask<Refusal & { run?: RunAnswer }>(
    `mutation ($id: ID!) { ${what}(input: { id: $id }) { __typename
      ... on ${what === "cancelRun" ? "CancelRunSuccess" : "RetryRunSuccess"} { run { ${runFields} } } ... on RefusedError { faults { code message path } } } }`,
    { id },
  );

test("a run that waits is cancelled at once, its version rejected; a retry does it after all", async () => {
  const { run } = await ask(0.1);
  const id = run?.id ?? "";
  expect(await change("retryRun", id)).toMatchObject({ faults: [{ code: "RUN_NOT_ENDED" }] });
  expect((await change("cancelRun", id)).run).toMatchObject({
    state: "CANCELLED",
    version: { state: "REJECTED", rejection: { code: "CANCELLED" } },
  });
  expect((await change("cancelRun", id)).run, "twice is no fault").toMatchObject({ state: "CANCELLED" });
  const worker = await openWorker(stack);
  expect((await change("retryRun", id)).run).toMatchObject({
    state: expect.stringMatching(/^(QUEUED|RUNNING)$/),
    version: { state: "VERIFYING", rejection: null },
  });
  expect(await runEnded(client, id)).toMatchObject({ state: "SUCCEEDED", version: { state: "READY" } });
  expect(await change("cancelRun", id)).toMatchObject({ faults: [{ code: "RUN_ENDED" }] });
  expect(await change("retryRun", id)).toMatchObject({ faults: [{ code: "RUN_NOT_ENDED" }] });
  await worker.close();
});

test("a run at work stops soon after it is cancelled and leaves nothing half-done", async () => {
  const { run } = await ask(0.2);
  const id = run?.id ?? "";
  const worker = await openWorker(stack);
  while ((await readRun(client, id)).state === "QUEUED") await new Promise((resolve) => setTimeout(resolve, 5));
  const asked = await change("cancelRun", id);
  expect(asked.run?.state).toMatch(/^CANCELL(ING|ED)$/);
  expect(await runEnded(client, id, 10_000)).toMatchObject({
    state: "CANCELLED",
    version: { state: "REJECTED", rejection: { code: "CANCELLED" } },
  });
  await worker.close();
  const left = await fs.readdir(`${stack.deps.scratchDir}/merges`).catch(() => []);
  expect(left).toEqual([]);
});

test("after a cancellation the same merge can be asked for anew, and then the old run cannot be retried", async () => {
  const first = await ask(0.4);
  await change("cancelRun", first.run?.id ?? "");
  const second = await ask(0.4);
  expect(second).toMatchObject({ created: true });
  expect(await change("retryRun", first.run?.id ?? "")).toMatchObject({ faults: [{ code: "SUPERSEDED" }] });
  await change("cancelRun", second.run?.id ?? "");
});

test("a run whose job was lost is found and done", { timeout: 60_000 }, async () => {
  const { run } = await ask(0.6);
  await stack.deps.db.$executeRaw`drop schema bullmq cascade`;
  await stack.deps.db.run.updateMany({ where: { state: "QUEUED" }, data: { createdAt: new Date(Date.now() - 60_000) } });
  const worker = await openWorker(stack);
  expect(await runEnded(client, run?.id ?? "", 50_000)).toMatchObject({ state: "SUCCEEDED" });
  await worker.close();
});

test("bytes that changed on the disk fail the merge by the file's name", async () => {
  const file = await stack.deps.db.file.findFirstOrThrow({ where: { version: { model: { name: "b" } } } });
  const place = stack.deps.store.localPath(blobKey(file.sha256)) ?? "";
  const bytes = await fs.readFile(place);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  await fs.chmod(place, 0o644);
  await fs.writeFile(place, bytes);
  const { run } = await ask(0.7);
  const worker = await openWorker(stack);
  const ended = await runEnded(client, run?.id ?? "");
  expect(ended).toMatchObject({ state: "FAILED", failure: { code: "DIGEST_MISMATCH" }, version: { state: "REJECTED" } });
  expect(ended.failure?.message).toMatch(new RegExp(`^stop/b@1: model.safetensors .*${file.sha256} was verified`));
  await worker.close();
});

test("a run that kills its worker again and again is given up", async () => {
  const { run } = await ask(0.8);
  const id = run?.id ?? "";
  const { db } = stack.deps;
  const row = await db.run.findFirstOrThrow({ where: { state: "QUEUED" } });
  await db.run.update({
    where: { id: row.id },
    data: { state: "RUNNING", lease: "dead", attempts: 5, heartbeatAt: new Date(0) },
  });
  const worker = await openWorker(stack);
  const ended = await runEnded(client, id);
  expect(ended).toMatchObject({ state: "FAILED", failure: { code: "GAVE_UP", message: expect.stringContaining("5 attempts") } });
  await worker.close();
});
