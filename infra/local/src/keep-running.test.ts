import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startChild } from "./child.ts";
import { type Kept, keepRunning } from "./keep-running.ts";
import { isAlive, until } from "./process.ts";

let folder: string;
let kept: Kept | undefined;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam keep "));
});

afterEach(async () => {
  await kept?.stop();
  kept = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});

const pidsOf = () =>
  fs.existsSync(`${folder}/pids`) ? fs.readFileSync(`${folder}/pids`, "utf8").trim().split("\n").map(Number) : [];

const place = () => ({ name: "worker", cwd: folder, env: {}, logFile: path.join(folder, "worker.log"), readyWithinMs: 10_000 });

/** A real process that writes down its pid, says it is ready, and does what `then` says. */
function program(then: string): (signal: AbortSignal) => ReturnType<typeof startChild> {
  const file = path.join(folder, "program.mjs");
  fs.writeFileSync(
    file,
    `import fs from "node:fs";
    fs.appendFileSync(${JSON.stringify(`${folder}/pids`)}, process.pid + "\\n");
    process.on("disconnect", () => process.exit());
    setInterval(() => {}, 1000);
    ${then}`,
  );
  const options = { ...place(), args: [file], patienceMs: 1000 };
  return (signal) => startChild(options, signal);
}

async function keep(then: string, onGivingUp: (error: Error) => void = () => {}) {
  const lines: string[] = [];
  kept = await keepRunning({ name: "the worker", start: program(then), print: (line) => lines.push(line), onGivingUp });
  return lines;
}

test("a child killed with -9 is started again, and stopping leaves nobody", async () => {
  const lines = await keep("process.send({ ready: true });");
  process.kill(pidsOf()[0] ?? 0, "SIGKILL");
  expect(await until(() => pidsOf().length === 2, 5000)).toBe(true);
  expect(lines).toEqual([expect.stringMatching(/ended \(SIGKILL\).*starting the worker again/)]);
  await kept?.stop();
  expect(pidsOf().map(isAlive)).toEqual([false, false]);
});

test("a child that keeps crashing is given up after the fifth time", async () => {
  const givenUp = new Promise<Error>((resolve) => {
    void keep("process.send({ ready: true }); setTimeout(() => process.exit(3), 50);", resolve);
  });
  expect((await givenUp).message).toMatch(/crashed 5 times within a minute.*exit code 3/);
  expect(pidsOf()).toHaveLength(5);
});

test("a child that ends before it is ready fails the start with its last words", async () => {
  const start = keep('console.error("no such table"); process.exit(1);');
  await expect(start).rejects.toThrow(/exit code 1[\s\S]*no such table/);
});

test("a start under way ends when it is interrupted", async () => {
  const interruption = new AbortController();
  const start = program("/* never ready */")(interruption.signal);
  expect(await until(() => pidsOf().length === 1, 5000)).toBe(true);
  interruption.abort();
  await expect(start).rejects.toThrow("told to stop");
  expect(isAlive(pidsOf()[0] ?? 0)).toBe(false);
});

test("a child that ignores the request to stop is ended with its helpers", async () => {
  await keep(`
    import { spawn } from "node:child_process";
    process.on("SIGTERM", () => {});
    const helper = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    fs.writeFileSync(${JSON.stringify(`${folder}/helper`)}, String(helper.pid));
    process.send({ ready: true });`);
  const helper = Number(fs.readFileSync(`${folder}/helper`, "utf8"));
  await kept?.stop();
  expect(isAlive(pidsOf()[0] ?? 0)).toBe(false);
  expect(await until(() => !isAlive(helper), 2000)).toBe(true);
});

test("a child leaves when its supervisor is killed with -9", async () => {
  const supervisor = path.join(folder, "supervisor.mts");
  program("process.send({ ready: true });");
  const options = { ...place(), args: [path.join(folder, "program.mjs")] };
  fs.writeFileSync(
    supervisor,
    `import { startChild } from ${JSON.stringify(path.join(import.meta.dirname, "child.ts"))};
    await startChild(${JSON.stringify(options)}, new AbortController().signal);`,
  );
  const parent = spawn(process.execPath, ["--import", "tsx", supervisor], {
    cwd: path.resolve(import.meta.dirname, "../../.."),
    stdio: "inherit",
  });
  expect(await until(() => pidsOf().length === 1, 15_000)).toBe(true);
  parent.kill("SIGKILL");
  expect(await until(() => !isAlive(pidsOf()[0] ?? 0), 5000)).toBe(true);
});
