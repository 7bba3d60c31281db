import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assertBuilt } from "../../../tests/support/index.ts";
import { isFree } from "../src/ports.ts";
import { isAlive, until } from "../src/process.ts";

// One stack, without the web server, that loses its parts one after the other. The tests build on each other.
const root = path.resolve(import.meta.dirname, "../../..");
let folder: string;
let supervisor: ChildProcess;
let printed: string[];
let url: string;

beforeAll(async () => {
  assertBuilt("apps/api/dist/main.js");
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam stack "));
  fs.chmodSync(folder, 0o711); // else root's PostgreSQL would keep its data elsewhere
  const program = `import { runStack } from ${JSON.stringify(path.join(root, "infra/local/src/index.ts"))};
    const [root, dataDir, port] = process.argv.slice(2);
    process.exitCode = await runStack({ root, dataDir, port: Number(port), web: false, print: (line) => console.log(line) }, (stack) => {
      console.log("READY " + stack.url);
    });`;
  fs.writeFileSync(path.join(folder, "supervisor.mjs"), program);
  await start(0);
});

afterAll(async () => {
  supervisor.kill("SIGINT");
  await until(() => supervisor.exitCode !== null || supervisor.signalCode !== null, 30_000);
  fs.rmSync(folder, { recursive: true, force: true });
});

async function start(port: number): Promise<void> {
  printed = [];
  const args = [
    "--conditions=source",
    "--import",
    "tsx",
    path.join(folder, "supervisor.mjs"),
    root,
    path.join(folder, "data"),
    String(port),
  ];
  supervisor = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  supervisor.stdout?.setEncoding("utf8").on("data", (text: string) => printed.push(...text.split("\n").filter(Boolean)));
  const isReady = await until(() => printed.some((line) => line.startsWith("READY ")) || supervisor.exitCode !== null, 90_000);
  expect(isReady && supervisor.exitCode === null, printed.join("\n")).toBe(true);
  url = printed.find((line) => line.startsWith("READY "))?.slice(6) ?? "";
}

/** The processes that a process started itself. */
function childrenOf(pid: number): { pid: number; command: string }[] {
  const numbers = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return numbers.flatMap((name) => {
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) !== pid) return [];
      return [{ pid: Number(name), command: fs.readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ") }];
    } catch {
      return [];
    }
  });
}

const part = (pattern: RegExp) => childrenOf(supervisor.pid ?? 0).find(({ command }) => pattern.test(command))?.pid ?? 0;
const parts = { worker: /dist\/worker\.js/, api: /dist\/main\.js/, postgres: /bin\/postgres / };

const answers = (where: string) =>
  fetch(`${url}${where}`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Kills a part with -9 and waits for its successor; answers the seconds. */
async function kill(name: keyof typeof parts, isBack: () => Promise<boolean>): Promise<number> {
  const old = part(parts[name]);
  expect(old, `${name} runs`).toBeGreaterThan(0);
  const began = performance.now();
  process.kill(old, "SIGKILL");
  expect(await until(async () => ![0, old].includes(part(parts[name])) && (await isBack()), 60_000, 50), printed.join("\n")).toBe(
    true,
  );
  return (performance.now() - began) / 1000;
}

test.skipIf(process.platform !== "linux")("parts killed with -9 come back by themselves, at the same address", async () => {
  const workerLog = path.join(folder, "data/logs/worker.log");
  const readyLines = () => fs.readFileSync(workerLog, "utf8").split("ready").length;
  const before = readyLines();
  const seconds = {
    worker: await kill("worker", async () => readyLines() > before),
    api: await kill("api", () => answers("/readyz")),
    postgres: await kill("postgres", () => answers("/readyz")),
  };
  console.info(`back after kill -9: ${JSON.stringify(seconds)} s`);
  expect(printed.filter((line) => line.includes("starting"))).toHaveLength(2 + 3);
  expect(supervisor.exitCode).toBeNull();
});

test.skipIf(process.platform !== "linux")(
  "a supervisor killed with -9 takes everything along, and its successor starts on the same data and port",
  async () => {
    const port = Number(new URL(url).port);
    // By name: the supervisor's own TypeScript loader is a child, too, at times.
    const children = Object.values(parts).map(part);
    expect(children).not.toContain(0);
    supervisor.kill("SIGKILL");
    const began = performance.now();
    await start(port);
    console.info(`started again over the remains in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect(new URL(url).port).toBe(String(port));
    expect(await answers("/readyz")).toBe(true);
    expect(children.filter(isAlive)).toEqual([]);
  },
);

test("a second stack on the same data is refused and says where the first one is", async () => {
  const args = [
    "--conditions=source",
    "--import",
    "tsx",
    path.join(folder, "supervisor.mjs"),
    root,
    path.join(folder, "data"),
    "0",
  ];
  const second = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  second.stderr?.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  const code = await new Promise((resolve) => second.once("close", resolve));
  expect(code).toBe(1);
  expect(said).toContain(`at ${url} (process ${supervisor.pid})`);
  expect(await answers("/readyz")).toBe(true);
});

test("Ctrl-C stops everything", async () => {
  const port = Number(new URL(url).port);
  const children = Object.values(parts).map(part);
  const began = performance.now();
  supervisor.kill("SIGINT");
  const code = await new Promise((resolve) => supervisor.once("exit", resolve));
  console.info(`stopped in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  expect(code).toBe(130);
  expect(children.filter(isAlive)).toEqual([]);
  expect(await isFree(port)).toBe(true);
  expect(fs.existsSync(path.join(folder, "data/stack.json"))).toBe(false);
});
