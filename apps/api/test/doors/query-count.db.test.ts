import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PrismaClient } from "../../src/generated/prisma/client.ts";
import type { Server } from "../../src/server.ts";
import { type Client, connectClient } from "../support/client.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;
let client: Client;
let queries = 0;

beforeAll(async () => {
  const plain = await openTestDeps();
  const db = new PrismaClient({
    adapter: new PrismaPg({ connectionString: plain.databaseUrl, max: 5 }),
    log: [{ emit: "event", level: "query" }],
  });
  db.$on("query", () => {
    queries++;
  });
  stack = { ...plain, deps: { ...plain.deps, db: db as unknown as PrismaClient } };
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
});

afterAll(async () => {
  await server?.close();
  await stack?.deps.db.$disconnect();
  await stack?.close();
});

let planted = 0;

/** Models with a version, a file, a tensor, a parent, a merge run with a stage, a task, and a score. */
async function plant(count: number): Promise<void> {
  const { db } = stack.deps;
  for (let i = 0; i < count; i++) {
    const n = ++planted;
    const sha256 = n.toString(16).padStart(64, "0");
    await db.blob.create({
      data: {
        sha256,
        sizeBytes: 1n,
        tensors: {
          create: {
            name: "w",
            position: 0,
            dtype: "F32",
            shape: [1],
            sizeBytes: 4n,
            sha256,
            norm: 1,
            min: 0,
            max: 1,
            finite: true,
          },
        },
      },
    });
    const model = await db.model.create({ data: { namespace: "many", name: `m${n}` } });
    const version = await db.modelVersion.create({
      data: {
        modelId: model.id,
        number: 1,
        kind: "MERGED",
        state: "READY",
        digest: sha256,
        files: { create: { path: "a.json", sha256, sizeBytes: 1n, blobSha256: sha256 } },
        aliases: { create: { name: "best" } },
      },
    });
    const run = await db.run.create({
      data: {
        kind: "MERGE",
        title: "t",
        versionId: version.id,
        recipe: {},
        identity: sha256,
        stages: { create: { position: 0, name: "s", startedAt: new Date() } },
      },
    });
    const task = await db.task.create({
      data: { namespace: "many", name: `t${n}`, title: "T", labels: ["a", "b"], metric: "accuracy", expertId: version.id },
    });
    const split = await db.split.create({
      data: { taskId: task.id, name: "test", purpose: "REPORT", exampleCount: 1, blobSha256: sha256 },
    });
    const score = { state: "SUCCEEDED" as const, value: 0.5, n: 2, low: 0.1, high: 0.9, correct: Buffer.of(1) };
    await db.evaluation.create({
      data: { versionId: version.id, versionDigest: sha256, taskId: task.id, splitId: split.id, runId: run.id, ...score },
    });
    const statistic = await db.statistic.create({
      data: {
        ...{
          key: sha256,
          kind: "FISHER",
          estimator: "exact",
          about: { settings: {} },
          examples: 1,
          splitId: split.id,
          runId: run.id,
        },
        ...{ versionId: version.id, versionDigest: sha256, headId: version.id },
        ...{ state: "SUCCEEDED", blobSha256: sha256, sizeBytes: 1n, seconds: 1, finishedAt: new Date() },
      },
    });
    await db.runStatistic.create({ data: { runId: run.id, position: 0, statisticId: statistic.id } });
    const other = await db.modelVersion.findFirst({ where: { id: { not: version.id } } });
    if (other)
      await db.lineageEdge.create({
        data: {
          parentId: other.id,
          childId: version.id,
          role: "PARENT",
          parentDigest: sha256,
          position: 0,
          statistics: { create: { position: 0, statisticId: statistic.id } },
        },
      });
  }
}

const version =
  "id ref kind aliases digest files { path downloadPath } model { name } mergeRun { id state stages { name } } recipe parents { role parent { ref } } evaluations { value task { name } split { name } }";

const documents = {
  models: `{ models(first: 50) { totalCount edges { node { name strand latest { ${version} } } } } }`,
  versions: `{ versions(first: 50) { totalCount edges { node { ${version} } } } }`,
  runs: `{ runs(first: 50) { edges { node { id statistics { key } needs { statistic { key version { ref } run { state } } } failure { code } stages { name } version { ${version} } evaluations { value version { ref } task { name labels } } } } } }`,
  tasks: "{ tasks(first: 50) { edges { node { name splits { name } expert { ref model { name } } } } } }",
  statistics: `{ statistics(first: 50) { totalCount edges { node { key settings downloadPath split { name task { name } } version { ref } base { ref } head { ref } run { state } } } } }`,
  lineage: `{ version(ref: "many/m1") { lineage { nodes { ${version} } edges { id role parent { id } child { id } statistics { key split { task { name } } } } } } }`,
};

test.each(Object.entries(documents))("%s takes no more queries for many rows than for few", async (_name, document) => {
  const count = async () => {
    queries = 0;
    expect((await client.graphql(document)).errors).toEqual([]);
    return queries;
  };
  if (planted === 0) await plant(3);
  await count(); // the first request also notes when the key was used
  const few = await count();
  await plant(9);
  expect(await count()).toBeLessThanOrEqual(few);
});
