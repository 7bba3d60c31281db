import { beforeAll, expect, test } from "vitest";
import { serve } from "../support/serve.ts";
import { usual } from "./studies.ts";
import { createTask, fillRegistry, splitFile } from "./tiny-registry.ts";

const { stack, server } = await serve();
const client = await fillRegistry(server.port, stack.token);

beforeAll(async () => {
  const search = { name: "search", purpose: "SEARCH", file: await splitFile(client, "first", 500) };
  const report = { name: "report", purpose: "REPORT", file: await splitFile(client, "first", 501) };
  const expert = "tiny/first";
  await createTask(client, { name: "no-search", title: "t", expert, splits: [report] });
  await createTask(client, { name: "no-report", title: "t", expert, splits: [search] });
  await createTask(client, { name: "same", title: "t", expert, splits: [search, { ...report, file: search.file }] });
  const longer = { ...report, file: await splitFile(client, "first", 500, 320) };
  await createTask(client, { name: "overlap", title: "t", expert, splits: [search, longer] });
  await createTask(client, { name: "nobody", title: "t", splits: [search, report] });
});

interface Answer {
  readonly __typename: string;
  readonly faults?: readonly { readonly code: string; readonly message: string; readonly path: readonly string[] }[];
}

const ask = (input: Record<string, unknown>) =>
  client.ask<Answer>(
    `mutation ($input: StartStudyInput!) { startStudy(input: $input) { __typename ... on RefusedError { faults { code message path } } } }`,
    { input: { ...usual, name: "refused", ...input } },
  );

const check = (input: Record<string, unknown>) =>
  client.ask<{
    ok: boolean;
    faults: Answer["faults"];
    space: { name: string; low: number; high: number }[];
    baselines: number;
    taskNames: string[];
  }>(
    `query ($input: StartStudyInput!) { checkStudy(input: $input) { ok faults { code message path } space { name low high } baselines taskNames } }`,
    { input: { ...usual, name: "refused", ...input } },
  );

const slerp = { method: "slerp", parents: usual.recipe.parents };

test.each<[string, Record<string, unknown>, string, string, RegExp]>([
  [
    "bounds the wrong way round",
    { tune: [{ name: "lambda", low: 1, high: 0.5 }] },
    "BAD_SPACE",
    "tune.0.low",
    /reversed: 1 to 0.5/,
  ],
  [
    "bounds that are equal",
    { tune: [{ name: "weight[1]" }, { name: "lambda", low: 1, high: 1 }] },
    "BAD_SPACE",
    "tune.1.high",
    /both bounds are 1/,
  ],
  [
    "a number twice, once by its parents' name",
    { tune: [{ name: "weight[1]" }, { name: "weight" }] },
    "BAD_SPACE",
    "tune.1.name",
    /weight\[1\]: the name is used twice/,
  ],
  [
    "bounds beyond the method's",
    { tune: [{ name: "lambda", low: 0, high: 101 }] },
    "OUT_OF_BOUNDS",
    "tune.0.high",
    /-100 to 100, so 101/,
  ],
  [
    "a number that the method does not have",
    { tune: [{ name: "t" }] },
    "NOT_TUNABLE",
    "tune.0.name",
    /no number "t" to tune; it has: lambda, weight\[i\]/,
  ],
  ["a parent that is not there", { tune: [{ name: "weight[2]" }] }, "NOT_TUNABLE", "tune.0.name", /no parent 2/],
  ["junk for a name", { tune: [{ name: "λ;" }] }, "NOT_TUNABLE", "tune.0.name", /no name of a number/],
  ["a budget of nothing", { budget: 0 }, "INVALID_INPUT", "budget", /at least 1/],
  ["no tasks", { suite: null }, "NO_TASKS", "tasks", /at least one task/],
  ["an unknown task", { suite: null, tasks: ["first", "nope"] }, "NOT_FOUND", "tasks.1", /no task tiny\/nope/],
  [
    "a task without a search split",
    { suite: null, tasks: ["first", "no-search"] },
    "NO_SPLIT",
    "tasks",
    /tiny\/no-search has no SEARCH split/,
  ],
  [
    "a task without a report split",
    { suite: null, tasks: ["no-report"] },
    "NO_SPLIT",
    "tasks",
    /tiny\/no-report has no REPORT split/,
  ],
  [
    "search and report on the same data",
    { suite: null, tasks: ["same"] },
    "SAME_SPLIT",
    "tasks",
    /search split of same.*report split of same/,
  ],
  [
    "report examples that were searched",
    { suite: null, tasks: ["overlap"] },
    "SPLITS_OVERLAP",
    "tasks",
    /160 of the 320 examples in the report split of overlap are in its search split/,
  ],
  [
    "a normalised mean without an expert",
    { suite: null, tasks: ["nobody"], aggregate: "NORMALISED_MEAN" },
    "NO_EXPERT",
    "aggregate",
    /tiny\/nobody has no expert/,
  ],
  [
    "a method without a number",
    { recipe: { ...slerp, method: "uniform_soup" }, tune: [] },
    "NOTHING_TO_TUNE",
    "recipe.method",
    /no number that could be tuned/,
  ],
  [
    "a method that gives a task vector",
    { recipe: { method: "task_vector", base: "tiny/base", parents: [{ model: "tiny/first" }] } },
    "NOT_SCORABLE",
    "recipe.method",
    /cannot be scored/,
  ],
  [
    "a parent that is not registered",
    { recipe: { ...slerp, parents: [{ model: "tiny/first" }, { model: "tiny/gone" }] } },
    "NOT_FOUND",
    "recipe.parents.1.model",
    /tiny\/gone/,
  ],
])("%s is refused with its place", async (_what, input, code, place, message) => {
  const { faults } = await ask(input);
  const found = faults?.find((fault) => fault.code === code);
  expect(found, JSON.stringify(faults)).toBeDefined();
  expect([found?.path.join("."), found?.message]).toEqual([place, expect.stringMatching(message)]);
  expect(await stack.deps.db.study.count()).toBe(0);
  expect(await check(input), "the check says the same").toMatchObject({ ok: false, faults, space: [] });
});

test("the check tells what would be searched and on what, and starts nothing", async () => {
  expect(await check({})).toEqual({
    ok: true,
    faults: [],
    space: [
      { name: "weight[0]", low: 0, high: 1 },
      { name: "weight[1]", low: 0, high: 1 },
    ],
    baselines: 8,
    taskNames: ["first", "second"],
  });
  expect(await check({ recipe: { method: "linear", parents: usual.recipe.parents } })).toMatchObject({ ok: true, baselines: 1 });
  expect(await stack.deps.db.study.count()).toBe(0);
});

test("what is wrong with recipe and tasks is told at once", async () => {
  const { faults } = await check({ tune: [{ name: "beta" }], suite: "none", budget: 0 });
  expect(faults?.map(({ code, path }) => [code, path.join(".")])).toEqual([
    ["INVALID_INPUT", "budget"],
    ["NOT_TUNABLE", "tune.0.name"],
    ["NOT_FOUND", "suite"],
  ]);
});

test("methods list what can be tuned, with the usual bounds", async () => {
  const methods = await client.ask<
    { name: string; tunables: { name: string; perParent: boolean; low: number | null; isUsual: boolean }[] }[]
  >("{ mergeMethods { name tunables { name perParent low high least most isUsual } } }");
  const arithmetic = methods.find(({ name }) => name === "task_arithmetic");
  expect(arithmetic?.tunables).toMatchObject([
    { name: "lambda", perParent: false, low: 0, high: 2, isUsual: true },
    { name: "weight", perParent: true, low: 0, high: 1, isUsual: false },
  ]);
});
