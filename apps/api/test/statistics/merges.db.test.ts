import fs from "node:fs/promises";
import path from "node:path";
import { mergeToFolder, parseRecipe } from "@amalgam/engine/merge";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { fillRegistry } from "../studies/tiny-registry.ts";
import type { Client } from "../support/client.ts";
import { type MergeAnswer, runEnded } from "../support/registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";
import { listStatistics, requestStatistics } from "./statistics.ts";

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

const parents = [
  { model: "tiny/first", lambda: 0.4 },
  { model: "tiny/second", lambda: 0.7 },
];
const recipe = { method: "df_merge", base: "tiny/base", parents };

const request = (name: string, more: Record<string, unknown> = {}) =>
  client.ask<MergeAnswer>(
    `mutation ($input: RequestMergeInput!) { requestMerge(input: $input) { __typename
      ... on RequestMergeSuccess { created version { id ref state digest } run { id state needs { statistic { key state lambda } } } }
      ... on RefusedError { message faults { code message path } } } }`,
    { input: { namespace: "tiny", name, recipe, ...more } },
  );

interface Check {
  readonly ok: boolean;
  readonly identity: string | null;
  readonly faults: readonly { code: string; message: string; path: string[] }[];
  readonly statistics: readonly {
    key: string;
    parent: number | null;
    lambda: number;
    isMeasured: boolean;
    seconds: number;
    ref: string;
  }[];
}

const check = (given: unknown = recipe, statistics: unknown = null) =>
  client.ask<Check>(
    `query ($recipe: JSON!, $statistics: MergeStatisticsInput) { checkMerge(recipe: $recipe, statistics: $statistics) { ok identity
      faults { code message path } statistics { key parent ref lambda isMeasured seconds examples } } }`,
    { recipe: given, statistics },
  );

test("DF-Merge from nothing: told before what it needs, measured first, merged, and its lineage says by what", async () => {
  const before = await check();
  expect(before).toMatchObject({ ok: true, faults: [] });
  expect(before.statistics).toMatchObject([
    { parent: 0, ref: "tiny/first@1", lambda: 0.4, isMeasured: false },
    { parent: 1, ref: "tiny/second@1", lambda: 0.7, isMeasured: false },
  ]);
  for (const { seconds } of before.statistics) expect(seconds).toBeGreaterThan(0);

  const { run, version, message } = await request("df");
  expect(message).toBeUndefined();
  expect(await runEnded(client, run?.id ?? "")).toMatchObject({ state: "SUCCEEDED", failure: null });
  const after = await check();
  expect(after.identity, "known before anything was measured").toBe(before.identity);
  expect(after.statistics.map(({ isMeasured, seconds }) => [isMeasured, seconds])).toEqual([
    [true, 0],
    [true, 0],
  ]);
  expect((await request("again")).created, "the same merge is done once").toBe(false);

  const lineage = await client.ask<{
    digest: string;
    parents: { role: string; parent: { ref: string }; statistics: { key: string }[] }[];
    recipe: { parents: { statistics: string[] }[] };
  }>(
    `query ($ref: String!) { version(ref: $ref) { digest recipe parents { role parent { ref } statistics { key split { name } } } } }`,
    { ref: version?.ref },
  );
  const keys = after.statistics.map(({ key }) => key);
  expect(lineage.parents.map(({ parent, statistics }) => [parent.ref, statistics.map(({ key }) => key)])).toEqual([
    ["tiny/first@1", [keys[0]]],
    ["tiny/second@1", [keys[1]]],
    ["tiny/base@1", []],
  ]);
  expect(
    lineage.recipe.parents.map(({ statistics }) => statistics),
    "pinned",
  ).toEqual(keys.map((key) => [`statistic:${key}`]));
  const marks = await stack.deps.db.tunedOn.findMany({ where: { versionDigest: lineage.digest }, include: { split: true } });
  expect(marks.map(({ split }) => split.purpose)).toEqual(["SEARCH", "SEARCH"]);
});

test("the bytes are those of a merge on this machine from the downloaded statistics", async () => {
  const folder = path.join(stack.folder, "here");
  const get = async (name: string, files: readonly { path: string; downloadPath: string }[]) => {
    for (const file of files) {
      await fs.mkdir(path.join(folder, name), { recursive: true });
      await fs.writeFile(
        path.join(folder, name, file.path),
        Buffer.from(await (await client.fetch(file.downloadPath)).arrayBuffer()),
      );
    }
    return path.join(folder, name);
  };
  const model = async (name: string) => {
    const { files } = await client.ask<{ files: { path: string; downloadPath: string }[] }>(
      `query ($ref: String!) { version(ref: $ref) { files { path downloadPath } } }`,
      { ref: `tiny/${name}` },
    );
    return get(name, files);
  };
  const statistics: string[][] = [];
  for (const { key } of (await check()).statistics) {
    const all = (await listStatistics(client, key === "" ? "" : "tiny/first")).edges.concat(
      (await listStatistics(client, "tiny/second")).edges,
    );
    const found = all.find(({ node }) => node.key === key)?.node;
    await get("statistics", [{ path: key, downloadPath: found?.downloadPath ?? "" }]);
    statistics.push([path.join(folder, "statistics", key)]);
  }
  const local = parseRecipe({ ...recipe, parents: parents.map((parent, i) => ({ ...parent, statistics: statistics[i] })) });
  await mergeToFolder({
    recipe: local,
    base: await model("base"),
    parents: [await model("first"), await model("second")],
    statistics: { base: [], parents: statistics },
    outDir: path.join(folder, "out"),
  });
  const here = await fs.readFile(path.join(folder, "out", "model.safetensors"));
  const { files } = await client.ask<{ files: { path: string; downloadPath: string }[] }>(
    `{ version(ref: "tiny/df") { files { path downloadPath } } }`,
  );
  const there = files.find((file) => file.path === "model.safetensors");
  expect(Buffer.from(await (await client.fetch(there?.downloadPath ?? "")).arrayBuffer()).equals(here)).toBe(true);
});

test.each([
  ["fisher", { method: "fisher", parents: [{ model: "tiny/first" }, { model: "tiny/second" }] }, {}, [1, 1]],
  ["regmean", { method: "regmean", parents: [{ model: "tiny/first" }, { model: "tiny/second" }] }, {}, [1, 1]],
  [
    "ugm",
    { ...recipe, method: "ugm", parents: [{ model: "tiny/first" }, { model: "tiny/second" }] },
    { baseTask: "tiny/first" },
    [1, 1, 1],
  ],
  ["df-grid", recipe, { grid: 3, examples: 20 }, [0, 0.5, 1, 0, 0.5, 1]],
  ["trimmed", { ...recipe, method: "trimmed_df_merge" }, { grid: 2 }, [0, 1, 0, 1]],
  ["df-frozen", recipe, { lambdas: [1] }, [1, 1]],
])("%s has what it needs measured and is merged", async (name, given, statistics, lambdas) => {
  const { statistics: needed, faults } = await check(given, statistics);
  expect(faults).toEqual([]);
  expect(needed.map(({ lambda }) => lambda)).toEqual(lambdas);
  const { run, message } = await request(name, { recipe: given, statistics });
  expect(message).toBeUndefined();
  expect(await runEnded(client, run?.id ?? "")).toMatchObject({ state: "SUCCEEDED", failure: null });
});

test("statistics that were measured before are named by their keys, or found by themselves", async () => {
  const asked = await requestStatistics(client, {
    versions: ["tiny/first"],
    task: "tiny/first",
    base: "tiny/base",
    lambdas: [0.25, 0.75],
  });
  for (const { id } of asked.runs) await runEnded(client, id);
  const refs = asked.statistics.map(({ key }) => `statistic:${key}`);
  const named = { ...recipe, parents: [{ ...parents[0], lambda: 0.5, statistics: refs }, parents[1]] };
  expect((await check(named)).statistics.map(({ isMeasured }) => isMeasured)).toEqual([true, true, true]);
  expect(
    (await check({ ...named, parents: [{ ...parents[0], lambda: 0.9, statistics: refs }, parents[1]] })).faults,
  ).toMatchObject([{ code: "LAMBDA_UNMEASURED", path: ["recipe", "parents", "0", "lambda"] }]);
});

describe("refused before any work", () => {
  const one = (statistics: string[]) => ({ ...recipe, parents: [{ ...parents[0], statistics }, parents[1]] });
  test.each([
    ["a path", one(["fisher.safetensors"]), {}, "STATISTIC_REF", ["recipe", "parents", "0", "statistics", "0"]],
    [
      "a key that is none of ours",
      one([`statistic:${"0".repeat(64)}`]),
      {},
      "NOT_FOUND",
      ["recipe", "parents", "0", "statistics", "0"],
    ],
    ["the report split", recipe, { purpose: "REPORT" }, "REPORT_SPLIT", ["statistics", "purpose"]],
    ["no such task", recipe, { tasks: [null, "tiny/none"] }, "NOT_FOUND", ["statistics", "tasks", "1"]],
    [
      "a parent that is nobody's expert",
      { ...recipe, parents: [{ model: "tiny/base" }], base: "tiny/first" },
      {},
      "NO_TASK",
      ["statistics", "tasks", "0"],
    ],
    [
      "a method without statistics",
      { ...recipe, method: "task_arithmetic", parents: [{ model: "tiny/first" }] },
      { examples: 3 },
      "STATISTICS_UNUSED",
      ["statistics"],
    ],
    [
      "UGM without a task for its base",
      { ...recipe, method: "ugm", parents: [{ model: "tiny/first" }] },
      {},
      "NO_TASK",
      ["statistics", "baseTask"],
    ],
    ["draws without sampling", recipe, { draws: 2 }, "NOT_SAMPLED", ["statistics", "draws"]],
    ["a grid of one", recipe, { grid: 1 }, "INVALID_INPUT", ["statistics", "grid"]],
  ])("%s", async (_name, given, statistics, code, place) => {
    const { faults } = await request("refused", { recipe: given, statistics });
    expect(faults?.[0]).toMatchObject({ code, path: place });
    expect(await stack.deps.db.model.count({ where: { name: "refused" } })).toBe(0);
  });

  test("statistics of another model, by name", async () => {
    const { statistics } = await check();
    const swapped = [...statistics].reverse().map(({ key }) => [`statistic:${key}`]);
    const given = { ...recipe, parents: parents.map((parent, i) => ({ ...parent, statistics: swapped[i] })) };
    expect((await check(given)).faults).toMatchObject([{ code: "STATISTIC_OWNER" }, { code: "STATISTIC_OWNER" }]);
  });
});

test("measuring cancelled: the merge fails with the reason, and a retry takes both up again", async () => {
  await worker.close();
  const { run } = await request("retried", { statistics: { estimator: "SAMPLED", seed: 3 } });
  const id = run?.id ?? "";
  const statisticRuns = await stack.deps.db.run.findMany({ where: { kind: "STATISTIC", state: "QUEUED" } });
  expect(statisticRuns).toHaveLength(2);
  const change = (name: string, of: string) =>
    client.ask(`mutation ($id: ID!) { ${name}(input: { id: $id }) { __typename ... on RefusedError { message } } }`, { id: of });
  const globalId = (of: string) => Buffer.from(`Run:${of}`).toString("base64url");
  await change("cancelRun", globalId(statisticRuns[0]?.id ?? ""));
  worker = await openWorker(stack);
  const failed = await runEnded(client, id);
  expect(failed).toMatchObject({ state: "FAILED", failure: { code: "STATISTIC_NOT_MEASURED" } });
  expect(failed.failure?.message).toContain("Measure Fisher information of tiny/");
  await change("retryRun", id);
  expect(await runEnded(client, id)).toMatchObject({ state: "SUCCEEDED" });
});
