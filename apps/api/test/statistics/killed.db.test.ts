import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import { fillRegistry } from "../studies/tiny-registry.ts";
import type { Client } from "../support/client.ts";
import { killed, spawnWorker } from "../support/processes.ts";
import { runEnded } from "../support/registry.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";
import { downloaded, requestStatistics, valuesOf } from "./statistics.ts";

let stack: TestDeps;
let server: Server;
let client: Client;
let worker: ChildProcess;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  worker = await spawnWorker(stack);
  client = await fillRegistry(server.port, stack.token);
});

afterAll(async () => {
  if (worker?.exitCode === null) await killed(worker, "SIGTERM");
  await server?.close();
  await stack?.close();
});

test("a worker killed with -9 in mid-measuring: what was kept stays, the rest is measured, and the numbers are the same", {
  timeout: 120_000,
}, async () => {
  const lambdas = Array.from({ length: 31 }, (_, i) => i / 32);
  const usual = { versions: ["tiny/first"], task: "tiny/first", base: "tiny/base", estimator: "SAMPLED", draws: 50 };
  const asked = await requestStatistics(client, { ...usual, lambdas });
  const runId = asked.runs[0]?.id ?? "";
  const { db } = stack.deps;
  const done = () =>
    db.statistic.findMany({ where: { run: { kind: "STATISTIC" }, state: "SUCCEEDED" }, orderBy: { lambda: "asc" } });
  let kept = await done();
  while (kept.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    kept = await done();
  }
  await killed(worker, "SIGKILL");
  kept = await done();
  expect(kept.length, "it was killed before the end").toBeLessThan(lambdas.length);
  worker = await spawnWorker(stack);
  expect(await runEnded(client, runId, 90_000)).toMatchObject({ state: "SUCCEEDED", attempts: 2 });
  const all = await done();
  expect(all).toHaveLength(lambdas.length);
  for (const row of kept) expect(all, "measured once").toContainEqual({ ...row, run: undefined });

  // Measured in another process, from other λ: those of the same λ have the same numbers.
  await db.statistic.deleteMany({ where: { lambda: { in: [0.25, 0.75] } } });
  const [quarter, threeQuarters] = [all[8], all[24]];
  const again = await requestStatistics(client, { ...usual, lambdas: [0.75, 0.25] });
  expect(again.existing).toBe(0);
  await runEnded(client, again.runs[0]?.id ?? "");
  const fresh = (await requestStatistics(client, { ...usual, lambdas: [0.75, 0.25] })).statistics;
  expect(fresh.map(({ sha256 }) => sha256)).toEqual([quarter?.blobSha256, threeQuarters?.blobSha256]);
  const [low, high] = await Promise.all(fresh.map((each) => downloaded(client, each, stack.folder)));
  expect(low && valuesOf(low)).not.toEqual(high && valuesOf(high));
});
