import fs from "node:fs/promises";
import path from "node:path";
import { ensureBackend } from "@amalgam/engine/runtime";
import { inputFisher, openInputs, statisticKey } from "@amalgam/engine/statistics";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stageVersion } from "../../src/modules/models/stage-version.ts";
import { findByRef } from "../../src/modules/models/version-ref.ts";
import { stageBlob } from "../../src/platform/stage-blob.ts";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { fillRegistry } from "../studies/tiny-registry.ts";
import { type Client, connectClient } from "../support/client.ts";
import { runEnded } from "../support/registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";
import { downloaded, listStatistics, requestStatistics, valuesOf } from "./statistics.ts";

let stack: TestDeps;
let server: Server;
let worker: RunningWorker;
let client: Client;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  worker = await openWorker(stack);
  client = await fillRegistry(server.port, stack.token);
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
});

async function measured(input: Record<string, unknown>) {
  const asked = await requestStatistics(client, input);
  expect(asked.__typename, asked.message).toBe("RequestStatisticsSuccess");
  for (const { id } of asked.runs) expect(await runEnded(client, id)).toMatchObject({ state: "SUCCEEDED", failure: null });
  const again = await requestStatistics(client, input);
  expect([again.runs, again.existing], "what is there is answered at once").toEqual([[], again.statistics.length]);
  return again.statistics;
}

/** The folder of a version and the file of a task's search split, as a worker would stage them. */
async function staged(ref: string, task: string) {
  const version = await findByRef(stack.deps, ref);
  const files = await stack.deps.db.file.findMany({ where: { versionId: version?.id ?? "" } });
  const folder = path.join(stack.folder, ref.replaceAll("/", "-"));
  await fs.mkdir(folder, { recursive: true });
  if ((await fs.readdir(folder)).length === 0) {
    const signal = new AbortController().signal;
    await stageVersion(stack.deps, { label: ref, files, folder, signal });
  }
  const split = await stack.deps.db.split.findFirstOrThrow({ where: { purpose: "SEARCH", task: { name: task } } });
  const data = path.join(stack.folder, `${task}.safetensors`);
  await fs.copyFile(await stageBlob(stack.deps.store, split.blobSha256, stack.deps.scratchDir), data);
  return { folder, data };
}

test("Fisher information on a search split is what plain gradients of each example give", async () => {
  const [statistic] = await measured({ versions: ["tiny/first"], task: "tiny/first", examples: 40 });
  expect(statistic).toMatchObject({ state: "SUCCEEDED", lambda: 1, examples: 40 });
  const file = await downloaded(client, statistic ?? { downloadPath: null }, stack.folder);
  expect(statisticKey(file.about), "the file tells the key that the registry has").toBe(statistic?.key);

  await ensureBackend();
  const { folder, data } = await staged("tiny/first", "first");
  const { network, input } = await openInputs({ model: folder, data, limit: 40 });
  const oracle = await inputFisher(network, input, { estimator: { kind: "exact", cut: 0 }, by: "loop" });
  network.dispose();
  expect([...file.tensors.keys()].sort()).toEqual([...oracle.values.keys()].sort());
  for (const [name, { values }] of file.tensors)
    values.forEach((value, p) => {
      const exact = oracle.values.get(name)?.[p] ?? Number.NaN;
      expect(Math.abs(value - exact), `${name}[${p}]: ${value}, not ${exact}`).toBeLessThanOrEqual(1e-4 * exact + 1e-12);
    });
});

test("λ runs from the base to the version: at 0 it is the base under the same head, at 1 the version itself", async () => {
  const grid = await measured({
    versions: ["tiny/second"],
    task: "tiny/second",
    base: "tiny/base",
    lambdas: [0, 0.5, 1],
    estimator: "EMPIRICAL",
  });
  expect(grid.map(({ lambda }) => lambda)).toEqual([0, 0.5, 1]);
  const plain = { task: "tiny/second", estimator: "EMPIRICAL" };
  const [itself] = await measured({ ...plain, versions: ["tiny/second"] });
  expect(grid[2]?.key, "no base is needed for λ = 1").toBe(itself?.key);
  const [base] = await measured({ ...plain, versions: ["tiny/base"] });
  const files = await Promise.all(
    [...grid, base].map((each) => downloaded(client, each ?? { downloadPath: null }, stack.folder)),
  );
  const [atNone, atHalf, atAll, ofBase] = files.map(valuesOf);
  expect(atNone).toEqual(ofBase);
  expect(atHalf).not.toEqual(atNone);
  expect(atHalf).not.toEqual(atAll);
  expect(files[3]?.about.settings["head"], "the base has no head of the task").toBe(
    (await findByRef(stack.deps, "tiny/second"))?.digest,
  );
});

test("Gram matrices: of several versions in one request, listed with where they come from", async () => {
  const grams = await measured({ versions: ["tiny/first", "tiny/base"], task: "tiny/first", kind: "GRAM" });
  expect(grams).toHaveLength(2);
  const { totalCount, edges } = await listStatistics(client, "tiny/base", 'kind: GRAM, task: "tiny/first"');
  const split = await stack.deps.db.split.findFirstOrThrow({ where: { purpose: "SEARCH", task: { name: "first" } } });
  expect(totalCount).toBe(1);
  expect(edges[0]?.node).toMatchObject({
    ...{ kind: "GRAM", estimator: "gram", version: { ref: "tiny/base@1" }, base: null, head: { ref: "tiny/first@1" } },
    split: { name: "search", sha256: split.blobSha256, task: { name: "first" } },
  });
  const file = await downloaded(client, edges[0]?.node ?? { downloadPath: null }, stack.folder);
  expect([...file.tensors.keys()]).toContain("gram.layers.0.weight");
  expect((await listStatistics(client, "tiny/base", 'first: 1, task: "tiny/none"')).edges).toEqual([]);
  expect((await listStatistics(client, "tiny/none")).totalCount).toBe(0);
});

test("two that ask at once share one run", async () => {
  const input = { versions: ["tiny/first"], task: "tiny/first", base: "tiny/base", lambdas: [0.1, 0.2, 0.3] };
  const asked = await Promise.all([1, 2, 3, 4].map(() => requestStatistics(client, input)));
  const runs = new Set(asked.flatMap((each) => each.runs.map(({ id }) => id)));
  expect(runs.size).toBe(1);
  expect(new Set(asked.map(({ statistics }) => statistics.map(({ key }) => key).join())).size).toBe(1);
  for (const id of runs) await runEnded(client, id);
});

describe("refused, and nothing is changed", () => {
  const usual = { versions: ["tiny/first"], task: "tiny/first" };
  test.each([
    [{ purpose: "REPORT" }, "REPORT_SPLIT", "purpose"],
    [{ purpose: "TRAIN" }, "NO_SPLIT", "purpose"],
    [{ task: "tiny/none" }, "NOT_FOUND", "task"],
    [{ task: "tiny\u0000/x" }, "NOT_FOUND", "task"],
    [{ versions: ["tiny/first", "tiny/none"] }, "NOT_FOUND", "versions"],
    [{ versions: [] }, "INVALID_INPUT", "versions"],
    [{ lambdas: [0.5] }, "NO_BASE", "base"],
    [{ lambdas: [0.5], base: "tiny/first" }, "BASE_IS_VERSION", "base"],
    [{ lambdas: [1e9], base: "tiny/base" }, "INVALID_INPUT", "lambdas"],
    [{ lambdas: [], base: "tiny/base" }, "INVALID_INPUT", "lambdas"],
    [{ examples: 0 }, "INVALID_INPUT", "examples"],
    [{ draws: 3 }, "NOT_SAMPLED", "draws"],
    [{ kind: "GRAM", estimator: "EXACT" }, "NOT_FISHER", "estimator"],
  ])("%o is %s", async (change, code, place) => {
    const before = await stack.deps.db.statistic.count();
    const { __typename, faults } = await requestStatistics(client, { ...usual, ...change });
    expect(__typename).toBe("RefusedError");
    expect(faults?.[0]).toMatchObject({ code });
    expect(faults?.[0]?.path[0]).toBe(place);
    expect(await stack.deps.db.statistic.count()).toBe(before);
  });
});

test("a file is found by the statistic's id and name alone, and by nobody without a token", async () => {
  const [statistic] = await measured({ versions: ["tiny/first"], task: "tiny/first", examples: 40 });
  const whole = statistic?.downloadPath ?? "";
  const [folder, name] = [path.dirname(whole), path.basename(whole)];
  expect((await client.fetch(whole, { headers: { range: "bytes=0-7" } })).status).toBe(206);
  for (const wrong of [
    `${folder}/other.safetensors`,
    `${folder}/..%2f${name}`,
    `/files/${statistic?.key}/${name}`,
    `/files/${statistic?.sha256}/${name}`,
  ])
    expect((await client.fetch(wrong)).status, wrong).toBe(404);
  expect((await connectClient(server.port, null).fetch(whole)).status).toBe(401);
});

test("cancelled while it waits, then retried", async () => {
  await worker.close();
  const input = { versions: ["tiny/second"], task: "tiny/second", estimator: "SAMPLED", seed: 7, draws: 2 };
  const asked = await requestStatistics(client, input);
  const id = asked.runs[0]?.id ?? "";
  const change = (name: "cancelRun" | "retryRun") =>
    client.ask(`mutation ($id: ID!) { ${name}(input: { id: $id }) { __typename ... on RefusedError { message } } }`, { id });
  await change("cancelRun");
  const [cancelled] = (await listStatistics(client, "tiny/second", "first: 1")).edges;
  expect(cancelled?.node).toMatchObject({ key: asked.statistics[0]?.key, state: "CANCELLED", downloadPath: null });
  await change("retryRun");
  worker = await openWorker(stack);
  expect(await runEnded(client, id)).toMatchObject({ state: "SUCCEEDED" });
  expect((await requestStatistics(client, input)).existing).toBe(1);
});
