import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../../../../infra/local/src/index.ts";
import { applyMigrations } from "../../src/platform/apply-migrations.ts";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { tinyCheckpoint } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import { createModel, pushReady, readRun, requestMerge } from "../support/registry.ts";
import { openServer, openTestDepsAt, openWorker, type TestDeps } from "../support/stack.ts";

const root = await fs.mkdtemp(path.join(os.tmpdir(), "amalgam-killed-"));
await fs.chmod(root, 0o711); // as root the server runs under another account
let postgres: Postgres;
let stack: TestDeps;
let server: Server;
let client: Client;
let worker: RunningWorker;

const start = (port?: number) =>
  startPostgres({
    dataDir: path.join(root, "postgres"),
    logFile: path.join(root, "postgres.log"),
    password: "local",
    database: "amalgam",
    ...(port === undefined ? {} : { port }),
  });

beforeAll(async () => {
  postgres = await start();
  await applyMigrations(postgres.url, path.resolve(import.meta.dirname, "../../../../prisma/migrations"));
  stack = await openTestDepsAt(postgres.url);
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
  worker = await openWorker(stack);
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
  await postgres?.stop();
  await fs.rm(root, { recursive: true, force: true });
});

test("PostgreSQL killed with -9: requests fail with a word, and when it is back the run ends as asked", {
  timeout: 120_000,
}, async () => {
  await pushReady(client, "pg/a", await tinyCheckpoint(1));
  await pushReady(client, "pg/b", await tinyCheckpoint(2));
  await createModel(client, "pg", "out");
  const recipe = { method: "linear", parents: [{ model: "pg/a" }, { model: "pg/b" }] };
  const { run } = await requestMerge(client, { namespace: "pg", name: "out", recipe });
  const { port } = postgres;
  process.kill(postgres.pid, "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 500));

  expect((await client.fetch("/readyz")).status).toBe(503);
  expect((await client.fetch("/healthz")).status).toBe(200);
  const answer = await client.fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"query":"{ viewer { name } }"}',
  });
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { code: "UNAVAILABLE", message: "The database does not answer. Try again in a moment." },
  ]);

  postgres = await start(port);
  const until = Date.now() + 60_000;
  for (;;) {
    const found = await readRun(client, run?.id ?? "").catch(() => null);
    if (found?.state === "SUCCEEDED") break;
    if (found?.state === "FAILED" || Date.now() > until) throw new Error(`${found?.state}: ${found?.failure?.message}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect((await client.fetch("/readyz")).status).toBe(200);
});
