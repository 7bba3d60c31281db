import fs from "node:fs/promises";
import path from "node:path";
import { readStatistic } from "@amalgam/engine/statistics";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillRegistry } from "../../api/test/studies/tiny-registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../../api/test/support/stack.ts";
import { amalgam } from "./spawn-cli.ts";

let stack: TestDeps;
let server: Awaited<ReturnType<typeof openServer>>;
let worker: Awaited<ReturnType<typeof openWorker>>;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  worker = await openWorker(stack);
  await fillRegistry(server.port, stack.token);
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
});

const run = (...args: string[]) => amalgam([...args, "--server", `http://127.0.0.1:${server.port}`, "--token", stack.token]);

interface Printed {
  readonly existing: number;
  readonly statistics: readonly {
    key: string;
    lambda: number;
    state: string;
    file: string | null;
    version: string;
    task: string;
  }[];
}

test("measured on the server, downloaded, and found again without measuring", { timeout: 120_000 }, async () => {
  const grid = ["statistics", "fisher", "tiny/first", "--task", "tiny/first", "--base", "tiny/base", "--lambda", "0,0.5,1"];
  const empty = await run("statistics", "tiny/first");
  expect(empty.stdout).toContain("Nothing was measured of tiny/first yet");
  const out = path.join(stack.folder, "grid");
  const { code, stdout, stderr } = await run(...grid, "--out", out, "--json");
  expect(code, stderr).toBe(0);
  const { statistics, existing } = JSON.parse(stdout) as Printed;
  expect(existing).toBe(0);
  expect(statistics.map(({ lambda, state, version, task }) => [lambda, state, version, task])).toEqual(
    [0, 0.5, 1].map((lambda) => [lambda, "SUCCEEDED", "tiny/first@1", "tiny/first"]),
  );
  for (const { file, lambda } of statistics) expect((await readStatistic(file ?? "")).about.lambda).toBe(lambda);
  const again = JSON.parse((await run(...grid, "--json")).stdout) as Printed;
  expect([again.existing, again.statistics.map(({ key }) => key)]).toEqual([3, statistics.map(({ key }) => key)]);
  const listed = JSON.parse((await run("statistics", "tiny/first", "--json")).stdout) as Printed;
  expect(listed.statistics.map(({ key }) => key).sort()).toEqual(statistics.map(({ key }) => key).sort());
  const table = await run("statistics", "tiny/first@1", "--task", "tiny/first", "--examples", "128");
  expect(table.stdout).toMatch(/tiny\/first@1 +fisher, exact +1 +tiny\/first search +128/);
});

test.each([
  [["statistics", "tiny/first", "--task", "tiny/none"], 1, "There is no task"],
  [["statistics", "router", "tiny/first", "--task", "tiny/first"], 2, "The server measures fisher and gram, not router"],
  [["statistics", "fisher", "tiny/first", "--task", "tiny/first", "--data", "x.jsonl"], 2, "--data does not go with --task"],
  [["statistics", "fisher", "tiny/first", "--task", "tiny/first", "--split", "report"], 2, "never measured on a report split"],
  [["statistics", "fisher", "tiny/first", "--task", "tiny/first", "--lambda", "0.5"], 1, "so name the base"],
  [["statistics", "fisher", "tiny/first", "--task", "tiny/first", "--lambda", "a"], 2, "numbers separated by commas"],
  [["statistics", "tiny/none"], 1, "The server knows no version tiny/none"],
])("%j is told what is wrong", async (args, code, words) => {
  const outcome = await run(...args);
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).toContain(words);
});

test("a recipe of DF-Merge without statistics is requested, and tuned", { timeout: 120_000 }, async () => {
  const recipe = path.join(stack.folder, "df.yaml");
  await fs.writeFile(recipe, "method: df_merge\nbase: tiny/base\nparents: [{model: tiny/first}, {model: tiny/second}]\n");
  const merged = await run("request", recipe, "--as", "tiny/df", "--examples", "32");
  expect(merged.stderr + merged.stdout).toContain("tiny/df@1  ready");
  const tuned = await run("tune", recipe, "--as", "tiny/tuned", "--suite", "tiny/both", "--budget", "4", "--examples", "32");
  expect(tuned.code, tuned.stderr).toBe(0);
  expect(tuned.stdout).toMatch(/measuring \d+ %/);
  expect(tuned.stdout).toContain("tiny/tuned@1");
  const refused = await run("request", recipe, "--as", "tiny/df", "--measure-on", "tiny/none,tiny/second");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("There is no task")]);
});
