import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsIn, here } from "./run-here.ts";
import { amalgam } from "./spawn-cli.ts";
import { tinyFile } from "./tiny-checkpoint.ts";

const example = path.resolve(import.meta.dirname, "../../../examples/six-tasks");
const spam = path.join(example, "fixtures/spam");
let folder = "";
let data = "";
const at = (name: string) => path.join(folder, name);
const count = 40;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam-evaluate-"));
  data = at("test.jsonl");
  const lines = readFileSync(path.join(example, "tasks/spam/test.jsonl"), "utf8").split("\n");
  writeFileSync(data, lines.slice(0, count).join("\n"));
  writeFileSync(at("model.safetensors"), await tinyFile({ "classifier.weight": { shape: [2, 2], values: [1, 0, 0, 1] } }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const evaluate = (...args: string[]) => here(["evaluate", spam, "--kind", "classification", "--data", data, ...args]);

describe("amalgam evaluate without a server", () => {
  test("scores a folder with the labels that its config names", async () => {
    const { code, stdout } = await evaluate("--json");
    expect(code).toBe(0);
    const score = JSON.parse(stdout);
    expect(score).toMatchObject({
      kind: "classification",
      metric: "accuracy",
      n: count,
      interval: "wilson",
      lowerIsBetter: false,
    });
    expect(score.value).toBeGreaterThan(0.7);
    expect(score.low).toBeLessThan(score.value);
    expect(Buffer.from(score.correct, "base64")).toHaveLength(count / 8);
    expect(score.peakMemoryBytes).toBeGreaterThan(20e6);
    expect(["ort", "webgpu", "tensorflow"]).toContain(score.backend);
    expect(JSON.parse((await evaluate("--json", "--batch-tokens", "100")).stdout).correct).toBe(score.correct);
  });

  test("tells people the score, its interval and its cost", async () => {
    const { stdout } = await evaluate();
    expect(stdout).toMatch(/accuracy\s+\.\d{3} \(\.\d{3} to (\.\d{3}|1\.000)\)\n/);
    expect(stdout).toContain(`examples  ${count}`);
    expect(stdout).toMatch(/memory\s+[\d.]+ [MG]B at most/);
  });

  test("takes another folder's head and refuses one that does not fit, by name", async () => {
    const base = path.join(example, "fixtures/base");
    const lent = await here(["evaluate", base, "--head", spam, "--kind", "classification", "--data", data, "--json"]);
    expect(JSON.parse(lent.stdout).n).toBe(count);
    const genre = path.join(example, "fixtures/genre");
    const { code, stderr } = await evaluate("--head", genre, "--labels", "ham,spam");
    expect(code).toBe(1);
    expect(stderr).toContain(`${genre}: the head tells`);
  });

  test("refuses a model that needs more memory than allowed, and a bad line, each with one sentence", async () => {
    const tight = await evaluate("--memory-limit", "1MB", "--json");
    expect(tight.code).toBe(1);
    expect(faultsIn(tight)[0]).toMatchObject({ code: "EVALUATION_REFUSED" });
    expect(faultsIn(tight)[0]?.message).toContain(`${spam}: running this model needs about`);
    writeFileSync(at("bad.jsonl"), '{"text":"a","label":0}\n{"text":"a","label":9}\n');
    const bad = await here(["evaluate", spam, "--kind", "classification", "--data", at("bad.jsonl")]);
    expect(bad).toMatchObject({ code: 1, stderr: `${at("bad.jsonl")}: line 2: label is 9; the task has the labels 0 to 1.\n` });
    const absent = await here(["evaluate", at("no-model"), "--kind", "classification", "--data", data]);
    expect(absent).toMatchObject({ code: 1, stderr: `There is no folder or file ${at("no-model")}.\n` });
    const missing = await here(["evaluate", spam, "--kind", "classification", "--data", at("none.jsonl")]);
    expect(missing).toMatchObject({ code: 1, stderr: `There is no file or folder ${at("none.jsonl")}.\n` });
  });

  test("runs a command, and tells what it did wrong", async () => {
    const script = at("evaluator.mjs");
    writeFileSync(script, "console.log(JSON.stringify({ value: process.argv[2].length > 0 ? 0.5 : 0, n: 10 }))");
    const run = (command: string, ...more: string[]) =>
      here(["evaluate", spam, "--kind", "external", "--command", command, ...more]);
    expect(JSON.parse((await run(`${process.execPath} ${script} {model}`, "--json")).stdout)).toMatchObject({
      value: 0.5,
      n: 10,
      backend: null,
    });
    expect((await run("/no/such/program")).stderr).toContain(
      "The evaluator program cannot be started: there is no such program.",
    );
  });

  test("asks an endpoint for answers", async () => {
    const server = createServer((_request, response) => response.end('{"choices":[{"text":" Paris"}]}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    writeFileSync(at("answers.jsonl"), '{"input":"Capital of France?","target":"paris"}\n');
    const { stdout } = await here([
      "evaluate",
      "any",
      "--kind",
      "exact-match",
      "--data",
      at("answers.jsonl"),
      "--endpoint",
      endpoint,
      "--json",
    ]);
    server.close();
    expect(JSON.parse(stdout)).toMatchObject({ value: 1, n: 1, backend: null });
  });

  test.each([
    [["--kind", "clasification", "--data", "x"], "Did you mean classification?"],
    [["--kind", "perplexity"], "--kind perplexity needs --data."],
    [["--kind", "external"], "--kind external needs --command."],
    [["--kind", "classification", "--data", "x", "--suite", "a/b"], "choose one"],
    [["--data", "x"], "--data goes with --kind."],
    [[], "Say --kind and --data to evaluate a folder here, or --suite"],
    [["--kind", "exact-match", "--data", "x", "--settings", "{"], "--settings takes a JSON object"],
    [
      ["--kind", "classification", "--data", "x", "--labels", "a,b", "--backend", "quantum"],
      "--backend takes auto, tensorflow, webgpu, ort, wasm, cpu.",
    ],
    [["--kind", "exact-match", "--data", "x", "--endpoint", "ftp://x"], "--endpoint takes an address such as"],
  ])("a command line that makes no sense is a usage error: %j", async (args, message) => {
    const { code, stderr } = await here(["evaluate", spam, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test("Ctrl-C ends it, and the command that it started", { timeout: 60_000 }, async () => {
    const [script, started] = [at("hang.mjs"), at("started")];
    writeFileSync(
      script,
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(started)}, String(process.pid)); setInterval(() => {}, 1000);`,
    );
    const args = ["evaluate", spam, "--kind", "external", "--command", `${process.execPath} ${script}`];
    const { code, stderr } = await amalgam(args, {
      interruptWhen: () => existsSync(started) && readFileSync(started, "utf8") !== "",
    });
    expect(code).toBe(130);
    expect(stderr).toContain("Cancelled.");
    expect(() => process.kill(Number(readFileSync(started, "utf8")), 0)).toThrow("ESRCH");
  });
});

test("amalgam backends tells what was chosen and why each other was not", async () => {
  const { code, stdout } = await here(["backends", "--json"]);
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as { name: string; chosen: boolean; reason: string }[];
  expect(rows.map(({ name }) => name)).toEqual(["tensorflow", "webgpu", "ort", "wasm", "cpu"]);
  expect(rows.filter(({ chosen }) => chosen)).toHaveLength(1);
  for (const { reason } of rows) expect(reason).not.toBe("");
  expect((await here(["backends"])).stdout).toContain("passed over");
});
