import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { amalgam } from "./support/amalgam.ts";
import { sha256Of, writeCheckpoint } from "./support/checkpoints.ts";
import { ask } from "./support/graphql.ts";
import { root, type TestStack, temporaryFolder, testStack } from "./support/stack.ts";

const folder = temporaryFolder("command line");
const at = (...parts: string[]): string => path.join(folder, ...parts);
let stack: TestStack;

beforeAll(async () => {
  stack = await testStack(at("data"), false);
});
afterAll(async () => {
  await stack?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function json<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await amalgam([...args, "--json"], stack);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

interface Pushed {
  readonly ref: string;
  readonly created: boolean;
  readonly sentBytes: number;
  readonly digest: string;
}

/** Starts the command line and kills it, as a lost machine would, as soon as `when` holds. */
function killed(args: readonly string[], when: () => Promise<boolean> | boolean): Promise<void> {
  const env = { ...process.env, AMALGAM_URL: stack.url, AMALGAM_TOKEN: stack.token };
  const child = spawn(process.execPath, [path.join(root, "apps/cli/bin/amalgam.js"), ...args], { env, stdio: "ignore" });
  return new Promise((resolve) => {
    const watch = setInterval(async () => {
      if (await when()) child.kill("SIGKILL");
    }, 5);
    child.once("close", () => {
      clearInterval(watch);
      resolve();
    });
  });
}

test("push registers once, moves no byte twice, and pull brings back the same folder", async () => {
  const own = writeCheckpoint(at("base"), 1, 3);
  const first = await json<Pushed>(["push", own, "--as", "cli/base@champion", "--licence", "apache-2.0"]);
  expect(first).toMatchObject({ ref: "cli/base@1", created: true });
  expect(first.sentBytes).toBeGreaterThan(3_000_000);
  expect(await json<Pushed>(["push", own, "--as", "cli/base"])).toMatchObject({
    ref: "cli/base@1",
    created: false,
    sentBytes: 0,
  });
  const elsewhere = await json<Pushed>(["push", own, "--as", "cli/copy"]);
  expect(elsewhere).toMatchObject({ ref: "cli/copy@1", created: true, sentBytes: 0, digest: first.digest });

  await json(["pull", "cli/base@champion", at("pulled")]);
  for (const file of fs.readdirSync(own)) expect(sha256Of(at("pulled", file))).toBe(sha256Of(path.join(own, file)));
  expect(fs.readdirSync(at("pulled")).sort()).toEqual(fs.readdirSync(own).sort());
  const { digest } = await json<{ digest: string }>(["inspect", at("pulled"), "--digest"]);
  expect(digest).toBe(first.digest);
});

test("a push that is killed half-way goes on where it stopped", async () => {
  const own = writeCheckpoint(at("large"), 5, 120);
  const size = fs.statSync(path.join(own, "model.safetensors")).size;
  const uploads = path.join(stack.dataDir, "objects/uploads");
  const parts = (): number =>
    fs.existsSync(uploads)
      ? fs.readdirSync(uploads, { recursive: true }).filter((file) => /\/\d+$/.test(String(file))).length
      : 0;
  await killed(["push", own, "--as", "cli/large"], () => parts() >= 3);
  const there = parts();
  expect(there).toBeGreaterThanOrEqual(3);
  expect(there).toBeLessThan(15);
  const resumed = await json<Pushed>(["push", own, "--as", "cli/large"]);
  expect(resumed).toMatchObject({ ref: "cli/large@1", created: true });
  expect(resumed.sentBytes).toBeLessThanOrEqual(size - (there - 3) * 2 ** 23);
});

test("a pull that is killed half-way leaves no folder, and goes on where it stopped", async () => {
  const partial = (): string | undefined => fs.readdirSync(folder).find((name) => name.startsWith("again.partial-"));
  const arrived = (): number => {
    const file = path.join(folder, partial() ?? "none", "model.safetensors.part");
    return fs.existsSync(file) ? fs.statSync(file).size : 0;
  };
  await killed(["pull", "cli/large", at("again")], () => arrived() > 1_000_000);
  expect(fs.existsSync(at("again"))).toBe(false);
  await json(["pull", "cli/large", at("again")]);
  expect(sha256Of(at("again/model.safetensors"))).toBe(sha256Of(at("large/model.safetensors")));
  expect(partial()).toBeUndefined();
});

test("a merge on the server equals the same merge on this machine, byte for byte", async () => {
  for (const [name, seed] of [
    ["one", 2],
    ["two", 3],
  ] as const)
    await json(["push", writeCheckpoint(at(name), seed, 3), "--as", `cli/${name}`, "--base", "cli/base@1"]);
  const recipe = (prefix: string): string =>
    `method: task_arithmetic\nbase: ${prefix}base${prefix ? "@1" : ""}\nparents:\n  - {model: ${prefix}one}\n  - {model: ${prefix}two, weight: -0.5}\n`;
  fs.writeFileSync(at("server.yaml"), recipe("cli/"));
  fs.writeFileSync(at("local.yaml"), recipe(""));
  const made = await json<{ ref: string; created: boolean }>(["request", at("server.yaml"), "--as", "cli/mix"]);
  expect(made).toMatchObject({ ref: "cli/mix@1", created: true });
  expect(await json(["request", at("server.yaml"), "--as", "cli/mix"])).toMatchObject({ ref: "cli/mix@1", created: false });
  await json(["pull", "cli/mix", at("mix")]);
  await json(["merge", at("local.yaml"), at("mine")]);
  expect(sha256Of(at("mix/model.safetensors"))).toBe(sha256Of(at("mine/model.safetensors")));
  // The manifest that came with it names versions of the registry, which are fetched.
  expect(await json(["reproduce", at("mix")])).toMatchObject({ same: true, method: { id: "task_arithmetic" } });
});

test("SLERP, which takes no weights, can be requested from a recipe file", async () => {
  fs.writeFileSync(at("slerp.yaml"), "method: slerp\nparents: [{model: cli/one}, {model: cli/two}]\nparameters: {t: 0.25}\n");
  expect(await json(["request", at("slerp.yaml"), "--as", "cli/arc"])).toMatchObject({ ref: "cli/arc@1", created: true });
});

test("a refused request names the fault and leaves no empty model behind", async () => {
  fs.writeFileSync(at("bad.yaml"), "method: linear\nparents: [{model: cli/one}, {model: cli/nowhere@7}]\n");
  const { code, stderr } = await amalgam(["request", at("bad.yaml"), "--as", "cli/never"], stack);
  expect(code).toBe(1);
  expect(stderr).toContain("cli/nowhere@7");
  const { model } = await ask<{ model: unknown }>(stack, '{ model(namespace: "cli", name: "never") { id } }');
  expect(model).toBeNull();
});

test("runs lists what was done, newest first", async () => {
  const runs = await json<{ kind: string; state: string }[]>(["runs", "--first", "2"]);
  expect(runs).toHaveLength(2);
  expect(runs[0]).toMatchObject({ kind: "MERGE", state: "SUCCEEDED" });
});

test("what does not exist is named: versions, suites, wrong refs", async () => {
  const cases: readonly [string[], RegExp][] = [
    [["pull", "cli/none", at("none")], /has no version cli\/none/],
    [["pull", "nonsense", at("none")], /written namespace\/name/],
    [["push", at("base"), "--as", "cli/orphan", "--base", "cli/none"], /no version cli\/none to be the base/],
    [["leaderboard", "cli/none"], /has no suite cli\/none/],
    [["evaluate", "cli/one", "--suite", "cli/none"], /cli\/none|suite/],
  ];
  for (const [args, words] of cases) {
    const { code, stderr } = await amalgam(args, stack);
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(stderr).toMatch(words);
  }
  expect(fs.existsSync(at("none"))).toBe(false);
});
