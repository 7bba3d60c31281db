import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PrismaClient } from "../../src/generated/prisma/client.ts";
import type { Server } from "../../src/server.ts";
import { type Client, connectClient } from "../support/client.ts";
import { digestOf, mixed, type PlantedVersion, plantBoard } from "../support/plant-board.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";

const taskCount = 20;
const sizes = { small: 10, large: 1000 };

let stack: TestDeps;
let server: Server;
let client: Client;
let queries: string[] = [];

/** Merges of twenty experts, one for each task, about as good as merges are: most of them close to each other. */
function versionsOf(count: number): PlantedVersion[] {
  const places = Array.from({ length: taskCount }, (_, i) => i);
  const experts = places.map((i) => ({
    name: `expert${i}`,
    kind: "FINE_TUNED" as const,
    skills: places.map((j) => (i === j ? 0.85 : 0.4)),
  }));
  const base = { name: "base", kind: "BASE" as const, skills: places.map(() => 0.4) };
  const merges = Array.from({ length: count - taskCount - 1 }, (_, i) => ({
    name: `merge${i}`,
    kind: "MERGED" as const,
    method: "ties",
    skills: places.map((j) => 0.6 + 0.1 * mixed(i) + 0.05 * mixed(i * 31 + j)),
    parents: experts.map(({ name }) => ({ name })),
  }));
  return [base, ...experts, ...merges].slice(0, count);
}

beforeAll(async () => {
  const plain = await openTestDeps();
  const db = new PrismaClient({
    adapter: new PrismaPg({ connectionString: plain.databaseUrl, max: 5 }),
    log: [{ emit: "event", level: "query" }],
  });
  db.$on("query", ({ query }) => {
    queries.push(query);
  });
  stack = { ...plain, deps: { ...plain.deps, db: db as unknown as PrismaClient } };
  for (const [suite, count] of Object.entries(sizes)) {
    const tasks = Array.from({ length: taskCount }, (_, i) => ({
      name: `t${i}`,
      n: 1000,
      ...(count > 30 ? { expert: `expert${i}` } : {}),
    }));
    await plantBoard(stack.deps.db, { namespace: suite, suite, tasks, versions: versionsOf(count) });
  }
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
}, 120_000);

afterAll(async () => {
  await server?.close();
  await stack?.deps.db.$disconnect();
  await stack?.close();
});

const plainFields = "title mean scores { taskName value }";
const pageFields = `id rank reference isKept isPlainAverage tunedOn title kind method mean low high normalised { value low high }
  worst { taskName value ofExpert } parents { ref role coefficient kind namespace name number strand }
  version { id ref number kind state aliases model { id namespace name strand } } scores { taskName value low high n }`;
const allFields = `rank title method tunedOn parents { ref role coefficient kind namespace name number strand } mean low high normalised { value low high } worst { taskName ofExpert task { title } }
  version { ref aliases } scores { task { id title } value low high n evaluation { id } }`;

async function ask(suite: string, fields: string, args = "(first: 100)", more = "verdict { gainKept }") {
  queries = [];
  const { errors, data } = await client.graphql(
    `{ leaderboard(namespace: "${suite}", suite: "${suite}") { rowCount ${more} rows${args} { ${fields} } } }`,
  );
  expect(errors).toEqual([]);
  const { rows } = (
    data as { leaderboard: { rows: { rank?: number | null; mean?: number | null; reference?: string | null }[] } }
  ).leaderboard;
  return { rows, queries: [...queries] };
}

const readsBits = (query: string) => query.includes("substring(correct");

test("asks as many questions for a thousand versions as for ten", async () => {
  await ask("small", allFields); // the first request also notes when the key was used, and works out ranks
  await ask("large", allFields);
  const few = await ask("small", allFields);
  const many = await ask("large", allFields);
  // Of the small one no expert is scored, so nothing is divided by experts' scores: that takes one reading of bits a task.
  expect(many.queries.length - few.queries.length).toBeLessThanOrEqual(taskCount);
  expect(many.queries.filter((query) => !readsBits(query)).length).toBe(few.queries.filter((query) => !readsBits(query)).length);
});

test("reads no example's bits unless ranks or intervals of normalised means are asked for", async () => {
  expect((await ask("large", plainFields, "(first: 1000)", "")).queries.filter(readsBits)).toEqual([]);
});

test("once the scores have been seen, a page reads bits once a task at most: ranks are remembered", async () => {
  await ask("large", pageFields);
  expect((await ask("large", pageFields)).queries.filter(readsBits).length).toBeLessThanOrEqual(taskCount);
});

test("a new score is seen at once, also in ranks and means", async () => {
  const { db } = stack.deps;
  const weakest = (await ask("large", "rank title mean reference", "(first: 1000)")).rows.findLast(({ rank }) => rank !== null);
  const first = await db.evaluation.findFirstOrThrow({
    where: { task: { namespace: "large", name: "t0" }, version: { kind: "MERGED" } },
  });
  await db.evaluation.create({
    data: {
      ...{ versionId: first.versionId, taskId: first.taskId, splitId: first.splitId },
      ...{
        versionDigest: digestOf("new bytes"),
        state: "SUCCEEDED",
        value: 1,
        n: 1000,
        low: 0.99,
        high: 1,
        correct: Buffer.alloc(125, 255),
      },
    },
  });
  const { rows } = await ask("large", "rank title mean reference", "(first: 1000)");
  expect(rows.filter(({ mean, reference }) => mean === null && !reference)).toHaveLength(1);
  expect(rows.findLast(({ rank }) => rank !== null)).toEqual(weakest);
});

test("after a new score only its version is read, and only its pairs are worked out", async () => {
  const { db } = stack.deps;
  await ask("large", "rank", "(first: 1)", "");
  // One score of a version goes: without it the version has no mean, and what is left follows from what is known.
  const gone = await db.evaluation.findFirstOrThrow({
    where: { task: { namespace: "large", name: "t3" }, version: { kind: "MERGED" } },
  });
  await db.evaluation.delete({ where: { id: gone.id } });
  const without = await ask("large", "rank title", "(first: 1000)", "");
  expect(without.queries.filter(readsBits)).toEqual([]);
  expect(without.queries.filter((query) => query.includes("json_agg(json_build_object('id', id"))).toHaveLength(1);
  const { id: _id, details: _details, ...again } = gone;
  await db.evaluation.create({ data: again });
  const back = await ask("large", "rank title", "(first: 1000)", "");
  expect(back.queries.filter(readsBits).length).toBeLessThanOrEqual(taskCount);
  expect(back.queries.filter((query) => query.includes("json_agg(json_build_object('id', id"))).toHaveLength(1);
  expect(back.rows.filter(({ rank }) => rank !== null).length).toBe(without.rows.filter(({ rank }) => rank !== null).length + 1);
});
