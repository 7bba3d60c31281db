import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../../apps/api/test/support/stack.ts";
import { faultsIn, here } from "../../apps/cli/test/run-here.ts";
import { tinyFile } from "../../apps/cli/test/tiny-checkpoint.ts";

let stack: TestDeps;
let server: Awaited<ReturnType<typeof openServer>>;
let worker: Awaited<ReturnType<typeof openWorker>>;
let folder = "";
const at = (name: string) => path.join(folder, name);

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  worker = await openWorker(stack);
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam-tasks-"));
  const config = { model_type: "mlp", input_size: 2, hidden_sizes: [], num_labels: 2 };
  writeFileSync(at("config.json"), JSON.stringify(config));
  const head = {
    "classifier.weight": { shape: [2, 2], values: [1, 0, 0, 1] },
    "classifier.bias": { shape: [2], values: [0, 0] },
  };
  writeFileSync(at("model.safetensors"), await tinyFile(head));
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One command line against the server of this test. */
const cli = (...args: string[]) => here([...args, "--server", `http://127.0.0.1:${server.port}`, "--token", stack.token]);

test("a data set, tasks and a suite are made from the command line, evaluated and listed", { timeout: 120_000 }, async () => {
  const { writeSafetensors } = await import("@amalgam/engine/formats");
  const parts: Uint8Array[] = [];
  await writeSafetensors(
    { write: async (bytes) => void parts.push(bytes.slice()) },
    [
      { name: "features", dtype: "F32", shape: [4, 2], data: new Uint8Array(Float32Array.of(3, 1, 1, 3, 5, 0, 0, 5).buffer) },
      { name: "labels", dtype: "U8", shape: [4], data: Uint8Array.of(0, 1, 0, 0) },
    ],
    new Map(),
  );
  writeFileSync(at("table.safetensors"), Buffer.concat(parts));
  expect(await cli("push", folder, "--as", "acme/mlp")).toMatchObject({ code: 0 });

  const pushed = await cli("dataset", "push", "acme/points", "--splits", `held-out=${at("table.safetensors")}`);
  expect(pushed.stdout).toMatch(/^Registered acme\/points@1 \([0-9a-f]+.*\)\.\n$/);
  expect((await cli("dataset", "push", "acme/points", "--splits", `held-out=${at("table.safetensors")}`)).stdout).toContain(
    "There already",
  );
  expect((await cli("dataset", "list")).stdout).toContain("acme/points@1");

  const kind = ["--kind", "table-classification", "--labels", "left,right"];
  const fromFile = ["task", "create", "acme/files", ...kind, "--report", at("table.safetensors")];
  expect((await cli(...fromFile)).stdout).toBe("Created the task acme/files.\n");
  expect((await cli(...fromFile)).stdout).toBe("The task acme/files is there already, the same.\n");
  const fromDataset = [
    "task",
    "create",
    "acme/points",
    ...kind,
    "--dataset",
    "acme/points@1",
    "--report",
    "held-out",
    "--expert",
    "acme/mlp@1",
  ];
  expect(JSON.parse((await cli(...fromDataset, "--json")).stdout)).toEqual({ task: "acme/points", created: true });
  expect((await cli("task", "list")).stdout).toMatch(/acme\/points\s+table-classification\s+report 4/);

  expect((await cli("suite", "create", "acme/all", "--tasks", "files,points")).stdout).toContain(
    "The suite acme/all holds files, points.",
  );
  expect((await cli("suite", "list")).stdout).toContain("acme/all");
  const evaluated = await cli("evaluate", "acme/mlp@1", "--suite", "acme/all", "--json");
  expect(JSON.parse(evaluated.stdout)).toEqual({ evaluated: 1, existing: 0 });
  const scores = await stack.deps.db.evaluation.findMany({ select: { value: true, n: true } });
  expect(scores).toEqual([
    { value: 0.75, n: 4 },
    { value: 0.75, n: 4 },
  ]);
  expect(JSON.parse((await cli("backends", "--remote", "--json")).stdout)).toBeInstanceOf(Array);
});

test("the server's refusals and wrong command lines are told as such", async () => {
  writeFileSync(at("bad.jsonl"), '{"context":"a","choices":["b","c"],"answer":7}\n');
  const refused = await cli("task", "create", "acme/bad", "--kind", "multiple-choice", "--report", at("bad.jsonl"), "--json");
  expect(refused.code).toBe(1);
  expect(faultsIn(refused)).toEqual([
    {
      code: "BAD_EXAMPLES",
      message: "bad.jsonl: line 1: answer is 7; the example has the choices 0 to 1.",
      path: ["splits", "0", "file"],
    },
  ]);
  for (const [args, message] of [
    [["task", "make"], "task takes create or list, not make."],
    [["task", "create"], "task create needs NAME."],
    [["task", "create", "a/b", "--report", "x"], "--kind classification needs --labels."],
    [["task", "create", "a/b", "--kind", "perplexity"], "task create needs --report, --search or --train."],
    [["suite", "create", "a/b"], "suite create needs --tasks."],
    [["dataset", "push", "a/b", "--splits", "file.jsonl"], "--splits takes name=file, not file.jsonl."],
  ] as const) {
    const outcome = await cli(...args);
    expect(outcome.code, outcome.stderr).toBe(2);
    expect(outcome.stderr).toContain(message);
  }
});
