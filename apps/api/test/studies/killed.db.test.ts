import type { ChildProcess } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../../../../infra/local/src/index.ts";
import { applyMigrations } from "../../src/platform/apply-migrations.ts";
import type { Server } from "../../src/server.ts";
import { killed, spawnWorker } from "../support/processes.ts";
import { openServer, openTestDepsAt, type TestDeps } from "../support/stack.ts";
import { countOf, sequenceOf, start, studyOver, studyThat, usual } from "./studies.ts";
import { fillRegistry } from "./tiny-registry.ts";

const root = await fs.mkdtemp(path.join(os.tmpdir(), "amalgam-killed-study-"));
await fs.chmod(root, 0o711); // as root the server runs under another account
let postgres: Postgres;
let stack: TestDeps;
let server: Server;
let worker: ChildProcess;

const startDatabase = (port?: number) =>
  startPostgres({
    dataDir: path.join(root, "postgres"),
    logFile: path.join(root, "postgres.log"),
    password: "local",
    database: "amalgam",
    ...(port === undefined ? {} : { port }),
  });

beforeAll(async () => {
  postgres = await startDatabase();
  await applyMigrations(postgres.url, path.resolve(import.meta.dirname, "../../../../prisma/migrations"));
  stack = await openTestDepsAt(postgres.url);
  server = await openServer(stack);
  worker = await spawnWorker(stack);
  await fillRegistry(server.port, stack.token);
});

afterAll(async () => {
  if (worker?.exitCode === null) await killed(worker, "SIGTERM");
  await server?.close();
  await stack?.close();
  await postgres?.stop();
  await fs.rm(root, { recursive: true, force: true });
});

test("workers and PostgreSQL killed with -9 in mid-study, and a worker stopped: it tries what an undisturbed one tries", {
  timeout: 300_000,
}, async () => {
  const disturbed = await start(stack, "disturbed", { parallel: 2 });
  for (const [signal, after] of [
    ["SIGKILL", 2],
    ["SIGTERM", 5],
  ] as const) {
    await studyThat(stack, disturbed.id, (study) => countOf(study, "COMPLETE") >= after && countOf(study, "RUNNING") > 0);
    await killed(worker, signal);
    worker = await spawnWorker(stack);
  }
  await studyThat(stack, disturbed.id, (study) => countOf(study, "COMPLETE") >= 7);
  const { port } = postgres;
  process.kill(postgres.pid, "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 500));
  postgres = await startDatabase(port);

  const ended = await studyOver(stack, disturbed.id);
  expect(ended).toMatchObject({ state: "SUCCEEDED", endReason: "budget", bestVersion: { state: "READY" } });
  const second = await spawnWorker(stack);
  const undisturbed = await studyOver(stack, (await start(stack, "undisturbed", { parallel: 2 })).id);
  await killed(second, "SIGTERM");
  expect(overlaps(undisturbed.trials), "two workers share the trials of a batch").toBeGreaterThan(0);
  expect(sequenceOf(ended)).toHaveLength(usual.budget);
  for (const role of ["SEARCH", "SCALE", "AVERAGE", "TASK_ARITHMETIC"] as const)
    expect(sequenceOf(ended, role)).toEqual(sequenceOf(undisturbed, role));
  expect(ended.bestIndex).toBe(undisturbed.bestIndex);
});

/** Trials that began before the one asked for before them had ended. */
function overlaps(trials: readonly { role: string; startedAt: Date | null; finishedAt: Date | null }[]): number {
  const search = trials.filter(({ role }) => role === "SEARCH");
  return search.filter(({ startedAt }, i) => {
    const before = search[i - 1]?.finishedAt;
    return startedAt && before && startedAt < before;
  }).length;
}
