import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import { killed, spawnWorker } from "../support/processes.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";
import { countOf, sequenceOf, start, studyOver, studyThat } from "./studies.ts";
import { fillRegistry } from "./tiny-registry.ts";

let stack: TestDeps;
let server: Server;
let worker: ChildProcess;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  worker = await spawnWorker(stack);
  await fillRegistry(server.port, stack.token);
});

afterAll(async () => {
  if (worker?.exitCode === null) await killed(worker, "SIGTERM");
  await server?.close();
  await stack?.close();
});

test("workers killed with -9 while DF-Merge is measured and while it is tuned: it tries what an undisturbed study tries", {
  timeout: 180_000,
}, async () => {
  const { db } = stack.deps;
  const more = {
    recipe: { method: "df_merge", base: "tiny/base", parents: [{ model: "tiny/first" }, { model: "tiny/second" }] },
    tune: [],
    statistics: { estimator: "SAMPLED", draws: 30, grid: 9 },
    budget: 6,
  };
  const { id } = await start(stack, "disturbed", more);
  const measured = () => db.statistic.count({ where: { state: "SUCCEEDED" } });
  while ((await measured()) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await killed(worker);
  expect(await measured(), "killed in mid-measuring").toBeLessThan(18);
  worker = await spawnWorker(stack);
  await studyThat(stack, id, (study) => countOf(study, "COMPLETE") >= 2 && countOf(study, "RUNNING") > 0);
  await killed(worker);
  worker = await spawnWorker(stack);
  const disturbed = await studyOver(stack, id);
  expect(disturbed).toMatchObject({ state: "SUCCEEDED", bestVersion: { state: "READY" } });

  // The same from nothing: what the first has measured is gone.
  await db.$executeRaw`delete from "StudyStatistic"`;
  await db.$executeRaw`delete from "RunStatistic"`;
  await db.$executeRaw`delete from "LineageStatistic"`;
  await db.$executeRaw`delete from "Statistic"`;
  const undisturbed = await studyOver(stack, (await start(stack, "undisturbed", more)).id);
  expect(await db.statistic.count()).toBe(18);
  expect(sequenceOf(disturbed)).toHaveLength(6);
  expect(sequenceOf(disturbed)).toEqual(sequenceOf(undisturbed));
  expect(disturbed.bestIndex).toBe(undisturbed.bestIndex);
});
