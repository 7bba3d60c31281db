import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillRegistry } from "../../apps/api/test/studies/tiny-registry.ts";
import { amalgam, type Outcome } from "./support/amalgam.ts";
import { pidsOf, root, type TestStack, temporaryFolder, testStack } from "./support/stack.ts";

const folder = temporaryFolder("studies");
const recipe = path.join(folder, "recipe.yaml");
const tune = ["tune", recipe, "--suite", "tiny/both", "--tune", "weight=0:1", "--seed", "3", "--parallel", "2"];
let stack: TestStack;

beforeAll(async () => {
  stack = await testStack(path.join(folder, "data"), false);
  await fillRegistry(Number(new URL(stack.url).port), stack.token);
  const models = "base: tiny/base\nparents:\n  - model: tiny/first\n  - model: tiny/second\n";
  fs.writeFileSync(recipe, `method: task_arithmetic\n${models}parameters: {lambda: 1}\n`);
});
afterAll(async () => {
  await stack?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

interface Study {
  readonly state: string;
  readonly trialCount: number;
  readonly endReason: string | null;
  readonly bestVersion: { readonly ref: string } | null;
  readonly trials: readonly {
    readonly index: number;
    readonly value: number | null;
    readonly params: unknown;
    readonly source: string;
  }[];
}

async function show(name: string): Promise<Study> {
  const { code, stdout, stderr } = await amalgam(["study", "show", name, "--json"], stack);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Study;
}

/** Asks until `holds`; the test's own time limit is the only clock. */
async function until(name: string, holds: (study: Study) => boolean): Promise<Study> {
  for (;;) {
    const { code, stdout } = await amalgam(["study", "show", name, "--json"], stack);
    // Refused while the API is being replaced.
    const study = code === 0 ? (JSON.parse(stdout) as Study) : null;
    if (study !== null && holds(study)) return study;
  }
}

const isOver = ({ state }: Study): boolean => ["SUCCEEDED", "FAILED", "CANCELLED"].includes(state);
const sequence = ({ trials }: Study) => trials.map(({ index, params, source, value }) => ({ index, params, source, value }));

/** Starts the command line and sends Ctrl-C when `when` holds. */
function interrupted(args: readonly string[], when: () => Promise<unknown>): Promise<Outcome> {
  const env = { ...process.env, NO_COLOR: "1", AMALGAM_URL: stack.url, AMALGAM_TOKEN: stack.token };
  const child = spawn(process.execPath, [path.join(root, "apps/cli/bin/amalgam.js"), ...args], { env });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    when().then(() => child.kill("SIGINT"), reject);
    child.once("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

test("tune says how a study came out, and what is wrong with one that cannot start", async () => {
  const { code, stdout, stderr } = await amalgam([...tune, "--as", "tiny/calm@tuned", "--budget", "8"], stack);
  expect({ code, stderr: stderr.replace(/^Study tiny\/calm: .*\n/gm, "") }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/State +done after 8 of 8 trials: its budget was used/);
  expect(stdout).toMatch(/Version +tiny\/calm@1, \.\d{3} on the report splits/);
  expect(stdout).toMatch(/points ± .* the average/);
  const wrong = await amalgam([...tune, "--as", "tiny/wrong", "--tune", "weight[7]", "--budget", "8"], stack);
  expect([wrong.code, wrong.stdout]).toEqual([1, ""]);
  expect(wrong.stderr).toContain("There is no parent 7; the recipe has the parents 0 to 1.");
  const usage = await amalgam(["tune", recipe, "--as", "tiny/wrong"], stack);
  expect([usage.code, usage.stderr]).toEqual([2, expect.stringContaining("--suite or --tasks")]);
});

test("Ctrl-C leaves a study running; API and worker killed with -9, stopped and resumed, it tries what a calm one tries", async () => {
  const left = await interrupted([...tune, "--as", "tiny/rough", "--budget", "8"], async () => {
    while (!(await amalgam(["study", "list", "--json"], stack)).stdout.includes('"rough"'));
  });
  expect([left.code, left.stdout]).toEqual([130, ""]);
  expect(left.stderr).toContain("amalgam study stop tiny/rough");
  for (const part of ["worker.js", "main.js"]) {
    const [pid] = pidsOf(part);
    if (pid === undefined) throw new Error(`no ${part} runs`);
    const { trialCount } = await show("tiny/rough");
    process.kill(pid, "SIGKILL");
    await until("tiny/rough", (study) => isOver(study) || study.trialCount > trialCount);
  }
  const stop = await amalgam(["study", "stop", "tiny/rough"], stack);
  if (stop.code === 0) {
    expect(stop.stdout).toContain("amalgam study resume tiny/rough");
    const stopped = await until("tiny/rough", isOver);
    expect(stopped).toMatchObject({ bestVersion: { ref: expect.any(String) } });
    // The last trial may have ended just before.
    if (stopped.state === "CANCELLED") {
      expect(stopped.endReason).toBe("stopped");
      expect((await amalgam(["study", "resume", "tiny/rough", "--follow"], stack)).code).toBe(0);
    }
  }
  const [rough, calm] = [await until("tiny/rough", isOver), await show("tiny/calm")];
  expect(rough).toMatchObject({ state: "SUCCEEDED", endReason: "budget" });
  expect(sequence(rough)).toEqual(sequence(calm));
  expect(rough.bestVersion?.ref, "the same merge is done once").toBe("tiny/calm@1");
});
