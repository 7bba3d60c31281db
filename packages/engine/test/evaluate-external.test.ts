import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../src/evaluate/external/run-command.ts";
import { evaluate, isCorrect, wilson } from "../src/evaluate/index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-external-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Scores with a program of one line of JavaScript. */
const scoreBy = (code: string, settings: object = {}, change: object = {}) =>
  evaluate({
    kind: "external",
    model: "/models/mine",
    settings,
    source: { command: [process.execPath, "-e", code] },
    ...change,
  });

const printing = (text: string) => `console.log(${JSON.stringify(text)})`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("what a command prints becomes a score", () => {
  test("a value and its n, with Wilson's interval", async () => {
    expect(await scoreBy(printing('{"value": 0.25, "n": 80}'))).toMatchObject({
      ...{ metric: "score", value: 0.25, n: 80, interval: "wilson", correct: null },
      ...wilson(20, 80),
    });
  });

  test("a value alone has no interval", async () => {
    expect(await scoreBy(printing('{"value": 0.25}'))).toMatchObject({
      value: 0.25,
      n: null,
      low: null,
      high: null,
      interval: null,
    });
  });

  test("logs may come before the last line", async () => {
    const score = await scoreBy(
      `console.log("loading\\n{}\\n50 %"); console.error("a warning"); ${printing('{"value": 1, "n": 3}')}`,
    );
    expect(score.value).toBe(1);
  });

  test("of several scores the mean, or the named one", async () => {
    const code = printing(JSON.stringify({ scores: { arc: 0.5, mmlu: { value: 0.7, n: 10 } } }));
    expect(await scoreBy(code)).toMatchObject({ value: 0.6, n: null, details: { arc: 0.5, mmlu: 0.7 } });
    expect(await scoreBy(code, { score: "mmlu" })).toMatchObject({ value: 0.7, n: 10, ...wilson(7, 10) });
    await expect(scoreBy(code, { score: "boolq" })).rejects.toThrow('node printed no score "boolq"; it printed arc, mmlu.');
  });

  test("which examples were right is kept for paired comparisons", async () => {
    const { correct } = await scoreBy(printing('{"value": 0.5, "n": 2, "correct": [false, true]}'));
    expect([0, 1].map((index) => isCorrect(correct ?? new Uint8Array(1), index))).toEqual([false, true]);
    await expect(scoreBy(printing('{"value": 0.5, "n": 3, "correct": [false, true]}'))).rejects.toThrow(
      "correct should be a list of n",
    );
  });

  test("it is given the model's folder and the split, as arguments or in its environment, and no secrets", async () => {
    process.env["AMALGAM_TEST_SECRET"] = "hunter2";
    const tell = `const fs = require("fs"); fs.writeFileSync(process.argv[2], JSON.stringify([process.argv.slice(1), process.env])); console.log('{"value":1}')`;
    const file = join(folder, "told.json");
    const command = [process.execPath, "-e", tell, "{model}", file, "{data}"];
    await evaluate({ kind: "external", model: "/models/mine", data: "/data/test.jsonl", source: { command } });
    const [args, environment] = JSON.parse(await readFile(file, "utf8"));
    expect(args).toEqual(["/models/mine", file, "/data/test.jsonl"]);
    expect(environment).toMatchObject({ AMALGAM_MODEL: "/models/mine", AMALGAM_DATA: "/data/test.jsonl" });
    expect(JSON.stringify(environment)).not.toContain("hunter2");
    delete process.env["AMALGAM_TEST_SECRET"];
  });
});

describe("what a command does wrong is told in a sentence", () => {
  test.each([
    ["NaN", printing('{"value": NaN, "n": 3}'), "node printed a score that is not a finite number"],
    [
      "a score of more than everything",
      printing('{"value": 1.5, "n": 3}'),
      "value is 1.5; a score of this task lies between 0 and 1",
    ],
    ["no score", printing('{"accuracy": 0.5}'), "value is missing; a score is a finite number"],
    ["a score that is text", printing('{"scores": {"arc": "high"}}'), 'arc is "high"; a score is a finite number'],
    ["no examples", printing('{"value": 0.5, "n": 0}'), "n is 0; it counts examples"],
    ["no JSON", printing("done"), "node printed no JSON object as its last line but: done"],
    ["a list", printing("[0.5]"), "printed no JSON object"],
    ["nothing", "", "node printed nothing"],
    ["an exit code", "console.error('CUDA is missing'); process.exit(3)", "node ended with code 3: CUDA is missing"],
    ["a silent exit code", "process.exit(4)", "node ended with code 4 and said nothing."],
    ["a signal", "process.kill(process.pid, 'SIGSEGV')", "node ended by SIGSEGV"],
  ])("%s", async (_, code, message) => {
    await expect(scoreBy(code)).rejects.toThrow(message);
  });

  test("a program that is not there", async () => {
    const source = { command: ["/no/such/evaluator"] };
    await expect(scoreBy("", {}, { source })).rejects.toThrow(
      "The evaluator evaluator cannot be started: there is no such program.",
    );
  });

  test("a limit of the task's own", async () => {
    expect(await scoreBy(printing('{"value": 42}'), { maximum: 100 })).toMatchObject({ value: 42 });
  });
});

describe("a command that does not end is ended, with all that it started", () => {
  /** Starts a child that would live for an hour, notes its id, and does not heed a polite request. */
  const stubborn = (file: string) => `
    process.on("SIGTERM", () => {});
    const child = require("child_process").spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: "inherit" });
    require("fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));
    setInterval(() => {}, 1000);`;

  async function childOf(file: string): Promise<number> {
    for (;;) {
      const pid = Number(await readFile(file, "utf8").catch(() => ""));
      if (pid > 0) return pid;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test("when its time is up", async () => {
    const file = join(folder, "hanging");
    const began = performance.now();
    await expect(scoreBy(stubborn(file), { timeoutSeconds: 1 })).rejects.toThrow("node did not end within 1 s and was stopped.");
    expect(performance.now() - began).toBeLessThan(8000);
    expect(isAlive(await childOf(file))).toBe(false);
  });

  test("when it is aborted", async () => {
    const file = join(folder, "aborted");
    const controller = new AbortController();
    const reason = new Error("cancelled");
    const running = scoreBy(stubborn(file), {}, { signal: controller.signal });
    const child = await childOf(file);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(isAlive(child)).toBe(false);
  });

  test("what it leaves behind ends with it, and does not hold up the score", async () => {
    const file = join(folder, "left");
    const code = `const child = require("child_process").spawn("sleep", ["600"], { stdio: "inherit" });
      require("fs").writeFileSync(${JSON.stringify(file)}, String(child.pid)); ${printing('{"value": 1, "n": 1}')}; process.exit(0)`;
    expect((await scoreBy(code)).value).toBe(1);
    expect(isAlive(await childOf(file))).toBe(false);
  });

  test("when it prints without end, in memory that does not grow", async () => {
    const endless = ["/bin/sh", "-c", "yes 'a line of a log that goes on and on'"];
    const options = { timeoutSeconds: 60, environment: { PATH: process.env["PATH"] ?? "" }, signal: undefined };
    const before = process.memoryUsage.rss();
    await expect(runCommand(endless, options)).rejects.toThrow("printed more than 268435456 bytes and was stopped.");
    expect(process.memoryUsage.rss() - before).toBeLessThan(150e6);
  });
});

test("a command evaluates by itself, and is needed where the kind is external", async () => {
  await writeFile(join(folder, "split.jsonl"), '{"text":"a","label":0}');
  const request = { model: "/m", data: join(folder, "split.jsonl"), labels: ["a", "b"] } as const;
  await expect(evaluate({ ...request, kind: "external" })).rejects.toThrow("An external evaluation needs a command.");
  await expect(evaluate({ ...request, kind: "classification", source: { command: ["true"] } })).rejects.toThrow(
    "A command evaluates by itself: its kind is external, not classification.",
  );
});
