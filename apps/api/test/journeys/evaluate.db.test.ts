import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createModel, pushReady, type Refusal, requestMerge, runEnded } from "../support/registry.ts";
import { serve } from "../support/serve.ts";

const example = path.resolve(import.meta.dirname, "../../../../examples/six-tasks");
const exampleCount = 24;

const { client } = await serve();

function folder(name: string): Map<string, Uint8Array> {
  const dir = path.join(example, "fixtures", name);
  return new Map(fs.readdirSync(dir).map((file) => [file, fs.readFileSync(path.join(dir, file))]));
}

function createTask(name: string, input: Record<string, unknown>): Promise<Refusal & { created?: boolean }> {
  return client.ask(
    `mutation ($input: CreateTaskInput!) { createTask(input: $input) { __typename ... on CreateTaskSuccess { created task { id } }
     ... on RefusedError { message faults { code message path } } } }`,
    { input: { namespace: "six", name, title: name, ...input } },
  );
}

async function taskInput(name: string) {
  const { labels } = JSON.parse(fs.readFileSync(path.join(example, "tasks", name, "task.json"), "utf8")) as { labels: string[] };
  const lines = fs
    .readFileSync(path.join(example, "tasks", name, "test.jsonl"), "utf8")
    .split("\n")
    .slice(0, exampleCount);
  const file = { path: "test.jsonl", ...(await client.upload(Buffer.from(`${lines.join("\n")}\n`))) };
  return { labels, splits: [{ name: "test", purpose: "REPORT", file }], expert: `six/${name}` };
}

interface Board {
  readonly exampleCount: number;
  readonly rows: readonly {
    readonly rank: number | null;
    readonly reference: string | null;
    readonly title: string;
    readonly mean: number;
    readonly scores: readonly { readonly value: number; readonly n: number; readonly low: number; readonly high: number }[];
  }[];
  readonly verdict: { readonly gainKept: number | null; readonly bestTitle: string | null } | null;
}

const evaluate = (versions: readonly string[]) =>
  client.ask<{ runs: { id: string }[]; existing: number }>(
    `mutation ($input: RequestEvaluationInput!) { requestEvaluation(input: $input) {
      ... on RequestEvaluationSuccess { runs { id } existing } ... on RefusedError { message } } }`,
    { input: { versions, namespace: "six", suite: "two" } },
  );

const readBoard = () =>
  client.ask<Board>(
    `{ leaderboard(namespace: "six", suite: "two") { exampleCount tasks { name } rows { rank reference title mean low high
       version { ref } scores { value n low high task { name } evaluation { id state } } } verdict { gainKept bestTitle } } }`,
  );

test("experts and their average are scored once each and ranked against base and experts", { timeout: 240_000 }, async () => {
  await pushReady(client, "six/base", folder("base"), { kind: "BASE" });
  for (const name of ["spam", "genre"]) await pushReady(client, `six/${name}`, folder(name), { base: "six/base" });
  await createModel(client, "six", "average");
  const asked = await requestMerge(client, {
    namespace: "six",
    name: "average",
    recipe: { method: "linear", parents: [{ model: "six/spam" }, { model: "six/genre" }] },
  });
  expect(await runEnded(client, asked.run?.id ?? "")).toMatchObject({ state: "SUCCEEDED" });

  for (const name of ["spam", "genre"]) {
    const input = await taskInput(name);
    expect(await createTask(name, input)).toMatchObject({ created: true });
    expect(await createTask(name, input), "again").toMatchObject({ created: false });
    expect(await createTask(name, { ...input, labels: [...input.labels].reverse() })).toMatchObject({
      faults: [{ code: "TASK_EXISTS" }],
    });
  }
  await client.ask(
    `mutation { createSuite(input: { namespace: "six", name: "two", title: "Two", tasks: ["spam", "genre"] }) { __typename } }`,
  );
  const versions = ["six/base", "six/spam", "six/genre", "six/average"];
  const { runs, existing } = await evaluate(versions);
  expect([runs.length, existing]).toEqual([4, 0]);
  for (const { id } of runs) expect(await runEnded(client, id, 180_000)).toMatchObject({ state: "SUCCEEDED", failure: null });
  expect(await evaluate(versions), "nothing is scored twice").toEqual({ runs: [], existing: 8 });

  const board = await readBoard();
  expect(board.exampleCount).toBe(2 * exampleCount);
  expect(board.rows.map(({ title, reference }) => [title, reference]).sort()).toEqual([
    ["Each expert on its own task", "EXPERTS"],
    ["six/average@1", null],
    ["six/base@1", "BASE"],
    ["six/genre@1", null],
    ["six/spam@1", null],
  ]);
  for (const { scores, mean } of board.rows) {
    for (const { value, n, low, high } of scores) {
      expect(n).toBe(exampleCount);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(mean).toBeCloseTo((scores[0]?.value ?? 0) / 2 + (scores[1]?.value ?? 0) / 2, 9);
  }
  const meanOf = (title: string) => board.rows.find((row) => row.title === title)?.mean ?? Number.NaN;
  expect(meanOf("Each expert on its own task")).toBeGreaterThan(meanOf("six/base@1"));
  expect(board.rows.filter(({ rank }) => rank !== null)[0]).toMatchObject({ rank: 1 });
  expect(board.verdict?.bestTitle).toBe(board.rows[0]?.title);
});
