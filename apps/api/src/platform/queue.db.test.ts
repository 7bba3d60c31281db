import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/index.ts";
import {
  AbortedError,
  createQueue,
  createWorker,
  type JobHandler,
  type JobName,
  type JobQueue,
  type JobWorker,
} from "./queue.ts";

let url: string;
let queue: JobQueue;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  url = await freshDatabase();
  queue = await createQueue(url);
  closing = [() => queue.close()];
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

async function worker(handler: JobHandler, hooks: Partial<Parameters<typeof createWorker>[2]> = {}): Promise<JobWorker> {
  const handlers: Record<JobName, JobHandler> = {
    "verify-version": handler,
    "execute-merge": handler,
    evaluate: handler,
    "measure-statistics": handler,
    "advance-study": handler,
    "run-trial": handler,
  };
  const made = await createWorker(url, handlers, { concurrency: 2, ...hooks });
  closing.push(() => made.close());
  return made;
}

/** Waits for what must happen; the test's own time limit is the only clock. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

test("a job runs with the id of its row, and again when it is added again after it ended", async () => {
  const ran: string[] = [];
  await queue.add("evaluate", "row-1");
  await worker(async (id) => void ran.push(id));
  await eventually(() => ran.length === 1);
  await sleep(100); // until the queue has forgotten it
  await queue.add("evaluate", "row-1");
  await eventually(() => ran.length === 2);
  expect(ran).toEqual(["row-1", "row-1"]);
});

test("the same job added twice runs once, another name with the same id runs as well", async () => {
  const ran: string[] = [];
  await queue.add("evaluate", "row-1");
  await queue.add("evaluate", "row-1");
  await queue.add("execute-merge", "row-1");
  await queue.add("evaluate", "last");
  await worker(async (id) => void ran.push(id), { concurrency: 1 });
  await eventually(() => ran.includes("last"));
  expect(ran).toEqual(["row-1", "row-1", "last"]);
});

test("a fault of the machinery is tried again", async () => {
  const errors: (string | undefined)[] = [];
  let attempts = 0;
  const handler = async () => {
    if (++attempts < 3) throw new Error("the connection broke");
  };
  await queue.add("evaluate", "row-1");
  await worker(handler, { onDone: ({ error }) => void errors.push(error?.message) });
  await eventually(() => errors.length === 3);
  expect(errors).toEqual(["the connection broke", "the connection broke", undefined]);
});

test("cancelling aborts the handler at once, and the job does not come back", async () => {
  let attempts = 0;
  const ends: unknown[] = [];
  const one = await worker(
    (_id, signal) => {
      attempts++;
      return aborted(signal);
    },
    { onDone: ({ error }) => void ends.push(error) },
  );
  await queue.add("execute-merge", "row-1");
  await eventually(() => attempts === 1);
  expect(one.cancel("execute-merge", "another row")).toBe(false);
  expect(one.cancel("execute-merge", "row-1")).toBe(true);
  await eventually(() => ends.length === 1);
  expect(ends[0]).toBeInstanceOf(AbortedError);
  expect(ends[0]).toMatchObject({ reason: "cancelled" });
  await sleep(1500);
  expect(attempts).toBe(1);
});

test("a worker that shuts down hands its job to another one at once", async () => {
  const reasons: unknown[] = [];
  let started = 0;
  const first = await worker(
    (_id, signal) => {
      started++;
      return aborted(signal);
    },
    { onDone: ({ error }) => void reasons.push((error as AbortedError).reason) },
  );
  await queue.add("execute-merge", "row-1");
  await eventually(() => started === 1);
  const began = performance.now();
  await first.close();
  let finished = 0;
  await worker(async () => void finished++);
  await eventually(() => finished === 1);
  expect(performance.now() - began).toBeLessThan(3000);
  expect(reasons).toEqual(["shutdown"]);
});

test("the job of a worker killed with -9 runs again within about ten seconds", { timeout: 60_000 }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-worker-"));
  const program = path.join(folder, "worker.mts");
  fs.writeFileSync(
    program,
    `import { createWorker } from ${JSON.stringify(path.join(import.meta.dirname, "queue.ts"))};
    const handler = async () => { console.log("started"); await new Promise(() => {}); };
    await createWorker(${JSON.stringify(url)}, { "verify-version": handler, "execute-merge": handler, evaluate: handler, "advance-study": handler, "run-trial": handler }, { concurrency: 1 });`,
  );
  const doomed = spawn(process.execPath, ["--import", "tsx", program], {
    cwd: path.resolve(import.meta.dirname, "../../../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  closing.push(async () => fs.rmSync(folder, { recursive: true }));
  const started = new Promise((resolve) => doomed.stdout.once("data", resolve));
  await queue.add("execute-merge", "row-1");
  await started;
  let ran = 0;
  await worker(async () => void ran++);
  await sleep(1000);
  expect(ran, "nobody takes the job of a living worker").toBe(0);
  doomed.kill("SIGKILL");
  const killed = performance.now();
  await eventually(() => ran === 1);
  const seconds = (performance.now() - killed) / 1000;
  console.info(`job of a killed worker taken over after ${seconds.toFixed(1)} s`);
  expect(seconds).toBeLessThan(12);
});

test("a handler busier than its lock in other threads keeps its job", { timeout: 30_000 }, async () => {
  let started = 0;
  let ended = 0;
  const slow = async () => {
    started++;
    await sleep(11_000);
    ended++;
  };
  await worker(slow);
  await worker(slow);
  await queue.add("execute-merge", "row-1");
  await eventually(() => ended === 1);
  expect(started).toBe(1);
});

test("connections are few", async () => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  closing.push(() => client.end());
  await worker(async () => {});
  for (let row = 0; row < 50; row++) await queue.add("evaluate", `row-${row}`);
  const { rows } = await client.query("select count(*)::int as count from pg_stat_activity where datname = current_database()");
  expect(rows[0].count - 1).toBeLessThanOrEqual(5);
});
