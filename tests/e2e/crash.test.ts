import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { amalgam } from "./support/amalgam.ts";
import { sha256Of, writeCheckpoint } from "./support/checkpoints.ts";
import { ask, askUntil } from "./support/graphql.ts";
import { pidsOf, type TestStack, temporaryFolder, testStack } from "./support/stack.ts";

const folder = temporaryFolder("crash");
let stack: TestStack;

beforeAll(async () => {
  stack = await testStack(path.join(folder, "data"), false);
});
afterAll(async () => {
  await stack?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

interface RunAnswer {
  run: {
    state: string;
    stage: string | null;
    attempts: number;
    failure: { message: string } | null;
    version: { state: string; files: { path: string; sha256: string }[] } | null;
  };
}
const runQuery = `query($id: ID!) { run(id: $id) { state stage attempts failure { message } version { state files { path sha256 } } } }`;

async function requestMerge(name: string, weight: number): Promise<string> {
  const recipe = { version: 1, method: "linear", parents: [{ model: "crash/a", weight }, { model: "crash/b" }] };
  const { requestMerge: answer } = await ask<{ requestMerge: { run?: { id: string }; message?: string } }>(
    stack,
    `mutation($input: RequestMergeInput!) {
      requestMerge(input: $input) { ... on RequestMergeSuccess { run { id } } ... on RefusedError { message } }
    }`,
    { input: { namespace: "crash", name, recipe } },
  );
  if (!answer.run) throw new Error(answer.message);
  return answer.run.id;
}

test("a worker killed in mid-merge is replaced and the run ends with the bytes of an undisturbed merge", async () => {
  for (const [index, name] of ["a", "b"].entries()) {
    const own = writeCheckpoint(path.join(folder, name), index + 1, 160);
    const pushed = await amalgam(["push", own, "--as", `crash/${name}`], stack);
    expect(pushed.stderr + pushed.stdout, name).toContain(`crash/${name}@1`);
    expect(pushed.code).toBe(0);
  }

  const id = await requestMerge("merged", 0.25);
  const [worker] = pidsOf("worker.js");
  if (worker === undefined) throw new Error("no worker runs");
  await askUntil(
    () => ask<RunAnswer>(stack, runQuery, { id }),
    ({ run }) => run.state === "RUNNING",
  );
  process.kill(worker, "SIGKILL");

  const { run } = await askUntil(
    () => ask<RunAnswer>(stack, runQuery, { id }),
    (answer) => ["SUCCEEDED", "FAILED", "CANCELLED"].includes(answer.run.state),
    90_000,
  );
  expect(run).toMatchObject({ state: "SUCCEEDED", failure: null, version: { state: "READY" } });
  expect(run.attempts).toBeGreaterThan(1);
  expect(pidsOf("worker.js")).not.toContain(worker);

  const recipe = path.join(folder, "recipe.yaml");
  fs.writeFileSync(recipe, "version: 1\nmethod: linear\nparents:\n  - {model: ./a, weight: 0.25}\n  - {model: ./b}\n");
  const local = await amalgam(["merge", recipe, path.join(folder, "undisturbed")]);
  expect(local.stderr).not.toContain("rror");
  const merged = run.version?.files.find((file) => file.path === "model.safetensors");
  expect(merged?.sha256).toBe(sha256Of(path.join(folder, "undisturbed/model.safetensors")));
});

test("PostgreSQL killed with -9 comes back with everything that was acknowledged", async () => {
  const id = await requestMerge("after-crash", 0.5);
  const [postgres] = pidsOf("postgres");
  if (postgres === undefined) throw new Error("no PostgreSQL runs");
  process.kill(postgres, "SIGKILL");
  const { run } = await askUntil(
    () => ask<RunAnswer>(stack, runQuery, { id }).catch(() => ({ run: { state: "AWAY" } }) as RunAnswer),
    (answer) => ["SUCCEEDED", "FAILED", "CANCELLED"].includes(answer.run.state),
    120_000,
  );
  expect(run).toMatchObject({ state: "SUCCEEDED", failure: null });
  const scratch = fs.readdirSync(path.join(stack.dataDir, "scratch"), { recursive: true, encoding: "utf8" });
  expect(scratch.filter((name) => name.includes(".partial"))).toEqual([]);
});
