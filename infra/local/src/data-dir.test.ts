import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDataDir } from "./data-dir.ts";
import { listenerOn } from "./ports.ts";
import { startStack } from "./stack.ts";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam data "));
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

test("secrets are made once and only their owner may read them", () => {
  const first = openDataDir(folder);
  first.release();
  const second = openDataDir(folder);
  second.release();
  expect(first.token).toMatch(/^amg_[\w-]{43}$/);
  expect(second.token).toBe(first.token);
  for (const name of ["access-token", "postgres-password"]) expect(fs.statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
});

test("a second supervisor is refused while the first one lives", () => {
  const first = openDataDir(folder);
  fs.writeFileSync(first.stackFile, JSON.stringify({ url: "http://127.0.0.1:4321", pid: process.pid }));
  expect(() => openDataDir(folder)).toThrow(`already runs on ${folder} at http://127.0.0.1:4321 (process ${process.pid})`);
  first.release();
  expect(openDataDir(folder).hadCrashed).toBe(false);
});

test("the claim of a dead supervisor is taken over, also when its number was given to another process", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "supervisor.json"), JSON.stringify({ pid: other.pid, birth: "1" }));
  try {
    expect(openDataDir(folder).hadCrashed).toBe(true);
  } finally {
    other.kill("SIGKILL");
  }
});

test("a port that is taken is refused at once, with the program that has it and the way out", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as net.AddressInfo;
  try {
    if (process.platform === "linux") expect(listenerOn(port)).toContain(`(process ${process.pid})`);
    const start = startStack({ root: folder, dataDir: path.join(folder, "data"), port, print: () => {} });
    await expect(start).rejects.toThrow(
      `Port ${port} is taken by ${listenerOn(port)}. Choose another one, for instance --port ${port + 1}`,
    );
    expect(fs.existsSync(path.join(folder, "data/postgres")), "nothing was started").toBe(false);
    expect(fs.existsSync(path.join(folder, "data/supervisor.json"))).toBe(false);
  } finally {
    server.close();
  }
});
