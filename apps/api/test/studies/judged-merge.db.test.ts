import { countDisagreements, meanDifference, pairedTask } from "@amalgam/engine/scores";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import { type RunningWorker, startWorker } from "../../src/start-worker.ts";
import type { Client } from "../support/client.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";
import { createTask, fillRegistry, recipe, splitFile } from "./tiny-registry.ts";

let stack: TestDeps;
let server: Server;
let worker: RunningWorker;
let client: Client;

const openWorker = () => startWorker(stack.deps, { databaseUrl: stack.databaseUrl, concurrency: 2 });

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  worker = await openWorker();
  client = await fillRegistry(server.port, stack.token);
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
});

interface Judgement {
  readonly state: string;
  readonly trialsDone: number;
  readonly trialsExpected: number;
  readonly failure: { code: string; message: string } | null;
  readonly verdict: {
    mean: number;
    comparisons: {
      baseline: string;
      title: string;
      mean: number;
      difference: number;
      low: number;
      high: number;
      sentence: string;
    }[];
  } | null;
}
const fields = `id state trialsDone trialsExpected suite { name } failure { code message }
  verdict { mean comparisons { baseline title mean difference low high sentence } }`;

const requestMerge = (name: string, value: unknown) =>
  client.ask<{ message?: string; version: { ref: string } }>(
    `mutation ($input: RequestMergeInput!) { requestMerge(input: $input) {
      ... on RequestMergeSuccess { version { ref } } ... on RefusedError { message } } }`,
    { input: { namespace: "tiny", name, recipe: value } },
  );

const judge = (version: string, suite = "both") =>
  client.ask<{ judgement: { id: string; state: string }; message?: string; faults?: { code: string; path: string[] }[] }>(
    `mutation ($input: JudgeMergeInput!) { judgeMerge(input: $input) {
      ... on JudgeMergeSuccess { judgement { ${fields} } } ... on RefusedError { message faults { code path } } } }`,
    { input: { version, suite } },
  );

async function judged(
  ref: string,
  isOver = ({ state }: Judgement) => state !== "QUEUED" && state !== "RUNNING",
): Promise<Judgement> {
  for (;;) {
    const { judgements } = await client.ask<{ judgements: Judgement[] }>(
      `query ($ref: String!) { version(ref: $ref) { judgements { ${fields} } } }`,
      { ref },
    );
    const [judgement] = judgements;
    if (judgement && isOver(judgement)) return judgement;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

const scoresOf = (ref: string) =>
  stack.deps.db.evaluation.findMany({
    where: {
      version: { number: 1, model: { namespace: "tiny", name: /\/([\w-]+)@/.exec(ref)?.[1] ?? "" } },
      split: { purpose: "REPORT" },
      state: "SUCCEEDED",
    },
    orderBy: { task: { name: "asc" } },
  });

/** Mean difference of two versions that are both evaluated, from their bits, without the registry's comparisons. */
async function differenceOf(first: string, second: string) {
  const [a, b] = [await scoresOf(first), await scoresOf(second)];
  expect([a.length, b.length]).toEqual([2, 2]);
  const bits = ({ correct, n }: (typeof a)[number]) => ({ bits: correct ?? new Uint8Array(), n: n ?? 0 });
  return meanDifference(a.flatMap((one, i) => (b[i] ? [pairedTask(countDisagreements(bits(one), bits(b[i])))] : [])));
}

test("a merge is judged while it is still under way: parents, average and tuned task arithmetic beside it", {
  timeout: 120_000,
}, async () => {
  const { version } = await requestMerge("mix", { ...recipe, parameters: { lambda: 0.4 } });
  expect(version.ref).toBe("tiny/mix@1");
  const asked = await judge("tiny/mix@1");
  expect((await judge("tiny/mix@1", "tiny/both")).judgement.id, "asked again it is the same").toBe(asked.judgement.id);
  const judgement = await judged("tiny/mix@1");
  expect(judgement).toMatchObject({ state: "SUCCEEDED", failure: null, trialsDone: 8, trialsExpected: 8 });
  const { comparisons, mean } = judgement.verdict ?? { comparisons: [], mean: 0 };
  expect(comparisons.map(({ baseline }) => baseline)).toEqual(["PARENT", "PARENT", "AVERAGE", "TASK_ARITHMETIC"]);
  for (const { difference, mean: other } of comparisons) expect(difference).toBeCloseTo(mean - other, 12);

  const parent = comparisons.find(({ title }) => title === "tiny/first@1");
  const own = await differenceOf("tiny/mix@1", "tiny/first@1");
  expect(parent).toMatchObject({ low: expect.closeTo(own.low, 12), high: expect.closeTo(own.high, 12) });

  // The average that was merged in scratch is the one that anybody gets who asks for it.
  await requestMerge("average", { method: "linear", parents: recipe.parents });
  await judge("tiny/average@1");
  expect((await judged("tiny/average@1")).verdict).not.toBeNull();
  const average = comparisons.find(({ baseline }) => baseline === "AVERAGE");
  const over = await differenceOf("tiny/mix@1", "tiny/average@1");
  expect(average).toMatchObject({ low: expect.closeTo(over.low, 12), high: expect.closeTo(over.high, 12) });
  expect(average?.sentence).toMatch(/^[+−]\d+\.\d points ± \d+\.\d(: cannot be told apart from| over|: worse than) the average$/);

  const studies = await client.ask<{ totalCount: number }>("{ studies(first: 5) { totalCount } }");
  expect(studies.totalCount, "no study to whoever lists studies").toBe(0);
  expect(await stack.deps.db.tunedOn.count(), "nothing was tuned").toBe(0);
  expect(await stack.deps.db.modelVersion.count(), "weights of baselines do not stay").toBe(5);
});

test("without a search split nothing is tuned, and the rest is judged", { timeout: 60_000 }, async () => {
  await createTask(client, {
    name: "plain",
    title: "plain",
    expert: "tiny/first",
    splits: [{ name: "report", purpose: "REPORT", file: await splitFile(client, "first", 300) }],
  });
  await client.ask(
    `mutation { createSuite(input: { namespace: "tiny", name: "plain", title: "Plain", tasks: ["plain"] }) { __typename } }`,
  );
  const { judgement } = await judge("tiny/mix@1", "plain");
  expect(judgement.state).toBe("QUEUED");
  const done = await judged("tiny/mix@1");
  expect(done).toMatchObject({ state: "SUCCEEDED", trialsDone: 1, trialsExpected: 1 });
  expect(done.verdict?.comparisons.map(({ baseline }) => baseline)).toEqual(["PARENT", "PARENT", "AVERAGE"]);
});

test("a request that names a suite is judged; one that cannot be is refused before anything is merged", {
  timeout: 60_000,
}, async () => {
  const request = (input: object) =>
    client.ask<{ judgement: Judgement | null; version: { ref: string } | null; faults?: { code: string; path: string[] }[] }>(
      `mutation ($input: RequestMergeInput!) { requestMerge(input: $input) {
        ... on RequestMergeSuccess { version { ref } judgement { ${fields} } } ... on RefusedError { message faults { code path } } } }`,
      { input: { namespace: "tiny", name: "asked", recipe: { ...recipe, parameters: { lambda: 0.55 } }, ...input } },
    );
  expect((await request({ suite: "none" })).faults).toMatchObject([{ code: "NOT_FOUND", path: ["suite"] }]);
  const vector = { method: "task_vector", base: "tiny/base", parents: [{ model: "tiny/first" }] };
  expect((await request({ suite: "plain", recipe: vector })).faults).toMatchObject([{ code: "NOT_SCORABLE", path: ["suite"] }]);
  expect(await stack.deps.db.model.count({ where: { name: "asked" } })).toBe(0);
  const asked = await request({ suite: "plain" });
  expect(asked).toMatchObject({ version: { ref: "tiny/asked@1" }, judgement: { state: "QUEUED" } });
  expect((await judged("tiny/asked@1")).verdict?.comparisons).toHaveLength(3);
  expect((await request({})).judgement, "without a suite there is none").toBeNull();
});

test("a worker that stops in the middle leaves the same judgement to the next one", { timeout: 60_000 }, async () => {
  await requestMerge("cut", { ...recipe, parameters: { lambda: 0.7 } });
  await judge("tiny/cut@1");
  await judged("tiny/cut@1", ({ trialsDone }) => trialsDone >= 2);
  await worker.close();
  worker = await openWorker();
  const cut = await judged("tiny/cut@1");
  expect(cut).toMatchObject({ state: "SUCCEEDED", trialsDone: 8 });
  const titles = cut.verdict?.comparisons.map(({ title }) => title);
  const first = await stack.deps.db.study.findFirstOrThrow({
    where: { kind: "BASELINES", bestVersion: { model: { name: "mix" } }, suite: { name: "both" } },
    include: { trials: { where: { role: "SCALE" }, orderBy: { index: "asc" } } },
  });
  const again = await stack.deps.db.study.findFirstOrThrow({
    where: { kind: "BASELINES", bestVersion: { model: { name: "cut" } } },
    include: { trials: { where: { role: "SCALE" }, orderBy: { index: "asc" } } },
  });
  // Baselines depend on the parents and tasks alone, so both merges were held against the same.
  expect(again.trials.map(({ params, value }) => [params, value])).toEqual(
    first.trials.map(({ params, value }) => [params, value]),
  );
  expect(titles?.at(-1)).toMatch(/^task arithmetic at λ \d\.\d\d$/);
});

test("a merge that fails is not judged, and says so", { timeout: 60_000 }, async () => {
  await worker.close();
  await requestMerge("doomed", { ...recipe, parameters: { lambda: 0.9 } });
  await judge("tiny/doomed@1");
  const run = await stack.deps.db.run.findFirstOrThrow({ where: { version: { model: { name: "doomed" } } } });
  await client.ask(`mutation ($id: ID!) { cancelRun(input: { id: $id }) { __typename } }`, {
    id: Buffer.from(`Run:${run.id}`).toString("base64url"),
  });
  worker = await openWorker();
  expect(await judged("tiny/doomed@1")).toMatchObject({ state: "FAILED", verdict: null, failure: { code: "BEST_NOT_MERGED" } });
  expect((await judge("tiny/doomed@1")).faults).toMatchObject([{ code: "VERSION_REJECTED", path: ["version"] }]);
});

test.each([
  ["tiny/nobody", "both", "NOT_FOUND", ["version"]],
  ["tiny/mix@1", "none", "NOT_FOUND", ["suite"]],
  ["tiny/base", "both", "NOT_MERGED", ["version"]],
  ["\u0000", "both", "NOT_FOUND", ["version"]],
])("refuses %j on %s with %s", async (version, suite, code, path) => {
  expect((await judge(version, suite)).faults).toMatchObject([{ code, path }]);
});
