import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Postgres, startPostgres } from "./postgres.ts";
import { packagedPostgres } from "./postgres-binaries.ts";
import { isAlive, until } from "./process.ts";

const isRoot = process.getuid?.() === 0;
let folder: string;
let servers: Postgres[];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam postgres "));
  fs.chmodSync(folder, 0o711);
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}): Promise<Postgres> {
  const place = { dataDir: path.join(folder, "postgres"), logFile: path.join(folder, "postgres.log"), password: "a b/c:@ü" };
  const server = await startPostgres({ ...place, ...options });
  servers.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

test("starts in a folder with a space, with durable settings, and keeps its data", async () => {
  const first = await start();
  expect(await query(first.url, "select current_setting('fsync'), current_database()")).toEqual([["on", "amalgam"]]);
  await query(first.url, "create table kept as select 42 as answer");
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await start();
  expect(await query(second.url, "select answer from kept")).toEqual([[42]]);
});

test("what was acknowledged survives kill -9, and the next start is immediate", async () => {
  const first = await start();
  await query(first.url, "create table kept (n int)");
  const client = new pg.Client({ connectionString: first.url });
  client.on("error", () => {});
  await client.connect();
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await client.query("insert into kept values ($1)", [acknowledged]);
      acknowledged++;
    }
  })().catch(() => {});
  expect(await until(() => acknowledged > 50, 10_000)).toBe(true);
  process.kill(first.pid, "SIGKILL");
  await writing;
  expect(await first.exited).toContain("SIGKILL");
  const began = performance.now();
  const second = await start({ port: first.port });
  expect(performance.now() - began).toBeLessThan(15_000);
  const [[count]] = (await query(second.url, "select count(*)::int from kept")) as [[number]];
  expect(count).toBeGreaterThanOrEqual(acknowledged);
});

test("a server left over by a killed supervisor is taken over", async () => {
  // The shell stands for a supervisor that died together with its watcher: nobody tells this server to stop.
  const first = await start();
  await query(first.url, "create table kept as select 1");
  await first.stop();
  const program = path.join(packagedPostgres(), "bin/postgres");
  const account = isRoot ? { uid: fs.statSync(first.dataDir).uid, gid: fs.statSync(first.dataDir).gid } : {};
  const args = ["-D", first.dataDir, "-p", String(first.port), "-h", "127.0.0.1", "-c", "unix_socket_directories="];
  const orphan = spawn(program, args, { ...account, cwd: "/", detached: true, stdio: "ignore" });
  orphan.unref();
  const isUp = () =>
    query(first.url, "select 1").then(
      () => true,
      () => false,
    );
  expect(await until(isUp, 20_000)).toBe(true);
  const second = await start();
  expect(second.pid).not.toBe(orphan.pid);
  expect(isAlive(orphan.pid ?? 0)).toBe(false);
  expect(await query(second.url, "select count(*)::int from kept")).toEqual([[1]]);
});

test("the server leaves when the process that started it is killed with -9", async () => {
  const program = path.join(folder, "supervisor.mjs");
  const place = { dataDir: path.join(folder, "postgres"), logFile: path.join(folder, "postgres.log"), password: "secret" };
  fs.writeFileSync(
    program,
    `import { startPostgres } from ${JSON.stringify(path.join(import.meta.dirname, "index.ts"))};
    const server = await startPostgres(${JSON.stringify(place)});
    console.log(server.pid);
    setInterval(() => {}, 1000);`,
  );
  const supervisor = spawn(process.execPath, ["--conditions=source", "--import", "tsx", program], {
    cwd: path.resolve(import.meta.dirname, "../../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = await new Promise<number>((resolve) => supervisor.stdout.once("data", (text) => resolve(Number(text))));
  expect(isAlive(pid)).toBe(true);
  supervisor.kill("SIGKILL");
  expect(await until(() => !isAlive(pid), 10_000)).toBe(true);
  expect(fs.existsSync(path.join(place.dataDir, "postmaster.pid")), "it stopped in order").toBe(false);
});

test("a password that does not fit the data is said, not waited for", async () => {
  const first = await start();
  await first.stop();
  await expect(start({ password: "another" })).rejects.toThrow("The password on file does not fit");
});

test("a port that is taken is named by PostgreSQL's own words", async () => {
  const first = await start();
  await expect(
    start({ dataDir: path.join(folder, "other"), port: first.port, logFile: path.join(folder, "other.log") }),
  ).rejects.toThrow(/could not bind .* Address already in use/);
});

test.skipIf(!isRoot)(
  "root under a folder that only root may enter: data and programs are kept where the account can reach them",
  async () => {
    const home = path.join(folder, "home");
    fs.mkdirSync(home, { mode: 0o700 });
    const native = path.join(home, "package/native");
    fs.cpSync(path.dirname(packagedPostgres()), path.dirname(native), { recursive: true, verbatimSymlinks: true });
    const options = { dataDir: path.join(home, "data/postgres"), native };
    const first = await start(options);
    const elsewhere = path.dirname(first.dataDir);
    const programs = execFileSync("readlink", [`/proc/${first.pid}/exe`])
      .toString()
      .trim();
    const copied = path.dirname(path.dirname(path.dirname(programs)));
    try {
      expect(first.dataDir.startsWith(home)).toBe(false);
      expect(fs.statSync(elsewhere)).toMatchObject({ uid: 0, mode: 0o40711 });
      expect(fs.readFileSync(path.join(options.dataDir, "moved-to"), "utf8").trim()).toBe(first.dataDir);
      await query(first.url, "create table kept as select 1");
      await first.stop();
      const second = await start(options);
      expect(await query(second.url, "select count(*)::int from kept")).toEqual([[1]]);
      await second.stop();
      // The data directory was deleted by its owner: a new one starts empty, with a new password.
      fs.rmSync(path.join(home, "data"), { recursive: true });
      const third = await start({ ...options, password: "new" });
      expect(await query(third.url, "select to_regclass('kept')")).toEqual([[null]]);
      await third.stop();
    } finally {
      fs.rmSync(elsewhere, { recursive: true, force: true });
      fs.rmSync(copied, { recursive: true, force: true });
    }
  },
);
