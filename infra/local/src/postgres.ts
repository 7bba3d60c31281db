import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Account, give, isReachable, unprivilegedAccount } from "./account.ts";
import { freePort, localHost } from "./ports.ts";
import { postgresPrograms } from "./postgres-binaries.ts";
import { readPostmaster, retireLeftover } from "./postmaster.ts";
import { until } from "./process.ts";
import { sharedFolder } from "./shared-folder.ts";

export interface PostgresOptions {
  readonly dataDir: string;
  readonly password: string;
  readonly logFile: string;
  /** A free one is taken when missing. */
  readonly port?: number;
  /** Database made at the first start. */
  readonly database?: string;
  /** False gives up safety against power cuts for speed: tests only. */
  readonly durable?: boolean;
  /** The folder with bin, lib and share, when not the package's. */
  readonly native?: string;
}

export interface Postgres {
  /** Connection string of `database`, with the password. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where the data really is: elsewhere when root started us under a folder that only root may enter. */
  readonly dataDir: string;
  /** Settles when the server ends for whatever reason, with a sentence about it. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

const settings = ["unix_socket_directories=", "logging_collector=off", "max_connections=100"];
const hasty = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/** Starts a real PostgreSQL server on 127.0.0.1, makes its data folder and database when they are missing. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const account = unprivilegedAccount();
  const bin = postgresPrograms(account, options.native);
  const dataDir = placeFor(options.dataDir, account);
  await retireLeftover(dataDir);
  if (!fs.existsSync(path.join(dataDir, "PG_VERSION"))) initialise(bin, dataDir, account, options);
  const database = options.database ?? "amalgam";
  const end = performance.now() + takeoverMs;
  for (;;) {
    const port = options.port ?? (await freePort());
    const server = launch({ bin, dataDir, account, port, options });
    const urlOf = (name: string) => `postgresql://postgres:${encodeURIComponent(options.password)}@${localHost}:${port}/${name}`;
    const fault = (await server.becomesReady()) ?? (await createDatabase(urlOf("postgres"), database));
    if (fault === null) return { url: urlOf(database), port, pid: server.pid, dataDir, exited: server.exited, stop: server.stop };
    await server.stop();
    const said = server.said();
    const isPassing = passingFaults.test(said) && (options.port === undefined || !said.includes("could not bind"));
    if (!isPassing || performance.now() > end) throw new Error([fault, ...complaints(said)].join("\n"));
    await sleep(100);
  }
}

const complaints = (log: string) =>
  log
    .split("\n")
    .filter((line) => /FATAL|PANIC|ERROR|HINT|could not/.test(line))
    .slice(-8);

/** After kill -9 the dead server's processes hold its memory for a moment; a free port can be snatched. */
const passingFaults = /shared memory block|could not bind|lock file .* already exists/;
const takeoverMs = 15_000;
/** Recovery after a crash may take a while. */
const startMs = 60_000;

/** Under a folder that only root may enter the data goes elsewhere, and a note in its place says where. */
function placeFor(wanted: string, account: Account): string {
  const place = path.resolve(wanted);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  if (isReachable(path.dirname(place), account)) return place;
  const elsewhere = path.join(sharedFolder("data", place), "postgres");
  const note = path.join(place, "moved-to");
  // Without the note the folder belongs to a data directory that was deleted: a new one must start empty.
  if (!fs.existsSync(note)) fs.rmSync(elsewhere, { recursive: true, force: true });
  fs.mkdirSync(place, { recursive: true, mode: 0o700 });
  fs.writeFileSync(note, `${elsewhere}\n`);
  return elsewhere;
}

/** Makes the cluster beside its place and renames: a start that was cut short leaves nothing that looks whole. */
function initialise(bin: string, dataDir: string, account: Account, { password, durable = true }: PostgresOptions): void {
  const partial = `${dataDir}.partial`;
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial, { mode: 0o700 });
  give(partial, account);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-"));
  const secret = path.join(folder, "password");
  fs.writeFileSync(secret, password, { mode: 0o600 });
  give(secret, account);
  give(folder, account);
  const args = ["-D", partial, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${secret}`, "-E", "UTF8"];
  // The built-in locale sorts the same on every system, whatever locales it has.
  args.push("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", ...(durable ? [] : ["--no-sync"]));
  try {
    execFileSync(path.join(bin, "initdb"), args, { ...account, env: environment(), cwd: "/", stdio: "pipe" });
    fs.rmSync(dataDir, { recursive: true, force: true });
    fs.renameSync(partial, dataDir);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    const { stderr } = error as { stderr?: Buffer };
    throw new Error(`PostgreSQL could not make its data folder ${dataDir}: ${stderr?.toString().trim() || String(error)}`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const environment = () => ({ PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" });

/**
 * The shell becomes the server. Before that it leaves a watcher behind, twice removed so that the server never sees it as a
 * child of its own, that reads from us: the pipe closes when we die, however we die, and the watcher then stops the server in
 * order. After a normal end we say "done", so that it never signals a pid that is somebody else's by now.
 */
const untilParentDies = '( (read -r word <&3 || kill -INT $$) >/dev/null 2>&1 & ); exec 3<&-; exec "$@"';

interface Launch {
  readonly bin: string;
  readonly dataDir: string;
  readonly account: Account;
  readonly port: number;
  readonly options: PostgresOptions;
}

function launch({ bin, dataDir, account, port, options }: Launch) {
  const flags = [...settings, ...(options.durable === false ? hasty : [])].flatMap((setting) => ["-c", setting]);
  const command = [path.join(bin, "postgres"), "-D", dataDir, "-p", String(port), "-h", localHost, ...flags];
  fs.mkdirSync(path.dirname(options.logFile), { recursive: true });
  const log = fs.openSync(options.logFile, "a");
  const logBegin = fs.fstatSync(log).size;
  const server = spawn("/bin/sh", ["-c", untilParentDies, "sh", ...command], {
    ...account,
    env: environment(),
    cwd: "/",
    stdio: ["ignore", log, log, "pipe"],
    detached: true, // Ctrl-C in the terminal reaches the supervisor alone
  });
  fs.closeSync(log);
  const watcher = server.stdio[3] as Writable;
  watcher.on("error", () => {}); // the watcher is gone already
  const exited = new Promise<string>((resolve) => {
    server.once("error", (error) => resolve(`PostgreSQL could not be started: ${error.message}`));
    server.once("exit", (code, signal) => {
      watcher.end("done\n");
      resolve(`PostgreSQL ended (${signal ?? `exit code ${code}`}); its log is ${options.logFile}`);
    });
  });
  return {
    pid: server.pid ?? 0,
    exited,
    /** Asks the server's own file, not the port: another server may sit there. Null when it is ready. */
    async becomesReady(): Promise<string | null> {
      const hasEnded = () => server.exitCode !== null || server.signalCode !== null;
      const isReady = () => {
        const postmaster = readPostmaster(dataDir);
        return postmaster?.pid === server.pid && postmaster?.isReady === true;
      };
      await until(() => hasEnded() || isReady(), startMs, 10);
      if (hasEnded()) return exited;
      return isReady() ? null : `PostgreSQL was not ready within ${startMs / 1000} s; its log is ${options.logFile}`;
    },
    said: () => fs.readFileSync(options.logFile).subarray(logBegin).toString(),
    stop: () => stopServer(server, exited),
  };
}

/** SIGINT ends sessions and writes a checkpoint; SIGQUIT, if that hangs, leaves recovery to the next start. */
async function stopServer(server: ChildProcess, exited: Promise<string>): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill("SIGINT");
  const impatience = setTimeout(() => server.kill("SIGQUIT"), 15_000);
  await exited;
  clearTimeout(impatience);
}

/** Null once the database is there; a sentence when it cannot be made. */
async function createDatabase(adminUrl: string, database: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on("error", () => {}); // reported by the query that it breaks
  try {
    await client.connect();
    const { rowCount } = await client.query("select from pg_database where datname = $1", [database]);
    if (!rowCount) await client.query(`create database ${pg.escapeIdentifier(database)}`);
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "28P01") return `The password on file does not fit PostgreSQL's data folder (${message}).`;
    return `PostgreSQL refused to make the database ${database}: ${message}`;
  } finally {
    await client.end().catch(() => {});
  }
}
