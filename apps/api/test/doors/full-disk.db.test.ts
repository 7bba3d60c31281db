import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLocalStore } from "../../src/platform/local-store.ts";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { safetensors } from "../support/checkpoints.ts";
import { beginUpload, type Client, connectClient, type UploadAnswer } from "../support/client.ts";
import { createModel, pushReady, requestMerge, runEnded } from "../support/registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";

const MiB = 1024 * 1024;
let stack: TestDeps;
let server: Server;
let client: Client;
let worker: RunningWorker;
let disk: string;
let isMounted = false;

beforeAll(async () => {
  const plain = await openTestDeps();
  disk = path.join(plain.folder, "small");
  await fs.mkdir(disk);
  // A real small disk; only root may mount one.
  isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]).status === 0;
  stack = {
    ...plain,
    deps: { ...plain.deps, store: createLocalStore(path.join(disk, "objects")), scratchDir: path.join(disk, "scratch") },
  };
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
  worker = await openWorker(stack);
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  if (isMounted) spawnSync("umount", ["-l", disk]);
  await stack?.close();
});

const filler = () => path.join(disk, "filler");
const weights = async (seed: number) =>
  new Map([
    [
      "model.safetensors",
      await safetensors([{ name: "w", shape: [MiB], values: Array.from({ length: MiB }, (_, i) => Math.sin(seed + i)) }]),
    ],
  ]);

test("a full disk refuses the part, fails the merge, says so, keeps nothing, and both work once there is room", async (context) => {
  if (!isMounted) return context.skip("only root can mount a small disk");
  await pushReady(client, "full/a", await weights(1));
  await pushReady(client, "full/b", await weights(2));
  await createModel(client, "full", "out");

  const bytes = randomBytes(8 * MiB);
  const sha256 = (await import("node:crypto")).createHash("sha256").update(bytes).digest("hex");
  await fs.writeFile(filler(), new Uint8Array(13 * MiB));
  const { upload } = await client.ask<{ upload: UploadAnswer }>(beginUpload, { input: { sha256, sizeBytes: bytes.length } });
  const send = () => client.fetch(`/uploads/${upload.id}/parts/0`, { method: "PUT", body: new Uint8Array(bytes) });
  const refused = await send();
  expect([refused.status, await refused.json()]).toEqual([
    507,
    { code: "STORE_FULL", message: expect.stringMatching(/is full/) },
  ]);

  const recipe = { method: "linear", parents: [{ model: "full/a" }, { model: "full/b" }] };
  const { run } = await requestMerge(client, { namespace: "full", name: "out", recipe });
  const failed = await runEnded(client, run?.id ?? "");
  expect(failed).toMatchObject({
    state: "FAILED",
    failure: { code: "DISK_FULL", message: expect.stringMatching(/full|No space is left/) },
  });
  expect(await fs.readdir(path.join(disk, "scratch", "merges"))).toEqual([]);
  expect(await fs.readdir(path.join(disk, "objects", ".staging"))).toEqual([]);

  await fs.rm(filler());
  expect((await send()).status).toBe(204);
  await client.graphql("mutation ($id: ID!) { retryRun(input: { id: $id }) { __typename } }", { id: run?.id });
  expect(await runEnded(client, run?.id ?? "")).toMatchObject({ state: "SUCCEEDED", version: { state: "READY" } });
});
