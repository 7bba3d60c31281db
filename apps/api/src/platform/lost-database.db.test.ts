import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Postgres, startPostgres } from "@amalgam/local";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openNotifications } from "./notifications.ts";
import { createQueue, createWorker } from "./queue.ts";

let folder: string;
let server: Postgres;
const closing: (() => Promise<void>)[] = [];

const start = (port?: number) =>
  startPostgres({
    dataDir: path.join(folder, "postgres"),
    logFile: path.join(folder, "postgres.log"),
    password: "secret",
    ...(port === undefined ? {} : { port }),
  });

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-lost-"));
  fs.chmodSync(folder, 0o711);
  server = await start();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

async function killAndRestart(): Promise<void> {
  process.kill(server.pid, "SIGKILL");
  await server.exited;
  await sleep(500);
  server = await start(server.port);
}

test("PostgreSQL killed with -9: waiting and running jobs end, once it is back", { timeout: 90_000 }, async () => {
  const queue = await createQueue(server.url);
  closing.push(() => queue.close());
  const ended = new Set<string>();
  const handler = async (id: string) => {
    await sleep(300);
    ended.add(id);
  };
  const handlers = {
    "verify-version": handler,
    "execute-merge": handler,
    evaluate: handler,
    "measure-statistics": handler,
    "advance-study": handler,
    "run-trial": handler,
  };
  const errors: Error[] = [];
  const worker = await createWorker(server.url, handlers, { concurrency: 2, onError: (error) => errors.push(error) });
  closing.push(() => worker.close());
  const ids = Array.from({ length: 12 }, (_, n) => `row-${n}`);
  for (const id of ids) await queue.add("evaluate", id);
  await eventually(() => ended.size >= 3);
  await killAndRestart();
  const back = performance.now();
  await eventually(() => ids.every((id) => ended.has(id)));
  const seconds = (performance.now() - back) / 1000;
  console.info(`all jobs done ${seconds.toFixed(1)} s after PostgreSQL came back; ${errors.length} errors reported meanwhile`);
  expect(seconds).toBeLessThan(30);
  expect(errors.length, "errors are reported, not poured out").toBeLessThan(60);
  await queue.add("evaluate", "afterwards");
  await eventually(() => ended.has("afterwards"));
});

test("PostgreSQL killed with -9: notifications say that some may be missing, and go on", { timeout: 60_000 }, async () => {
  const notifications = await openNotifications(server.url);
  closing.push(() => notifications.close());
  const heard: (string | null)[] = [];
  await notifications.subscribe("run", (payload) => void heard.push(payload));
  await notifications.publish("run", "before");
  await eventually(() => heard.length === 1);
  await killAndRestart();
  await notifications.publish("run", "after");
  await eventually(() => heard.includes("after"));
  expect(heard).toEqual(["before", null, "after"]);
});
