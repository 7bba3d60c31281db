import fs from "node:fs";
import { startChild } from "./child.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { type Kept, keepRunning, type Running } from "./keep-running.ts";
import { freePort, isFree, listenerOn, localHost } from "./ports.ts";
import { startPostgres } from "./postgres.ts";
import { until } from "./process.ts";
import { apiProgram, type ProgramSettings, webProgram, workerProgram } from "./programs.ts";
import { watchSources } from "./watch-sources.ts";

export interface StackOptions {
  /** The checkout. */
  readonly root: string;
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** From sources, with reload, instead of from a build. */
  readonly dev?: boolean;
  /** False leaves the web server out; the API then answers its own paths only. */
  readonly web?: boolean;
  readonly print: (line: string) => void;
  /** Aborting it ends a start under way, and what was started. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  readonly url: string;
  readonly signInUrl: string;
  readonly token: string;
  readonly databaseUrl: string;
  /** Rejects when a part keeps crashing; everything else still runs until `stop`. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** PostgreSQL, API, worker and web server on this machine, kept running. When a part does not start, nothing is left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { root, dev = false, print } = options;
  const dir = openDataDir(options.dataDir);
  const kept: Kept[] = [];
  let giveUp: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  failed.catch(() => {}); // whoever waits for it hears of it
  const onGivingUp = dev ? (error: Error) => print(`${error.message}\nwaiting for a change`) : giveUp;

  async function keep(name: string, start: (signal: AbortSignal) => Promise<Running>): Promise<Kept> {
    options.signal?.throwIfAborted();
    const one = await keepRunning({ name, start, print, onGivingUp, signal: options.signal });
    kept.push(one);
    return one;
  }

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(kept, dir);
    return stopped;
  };

  try {
    const ports = await choosePorts(options, dir.hadCrashed);
    const url = `http://${localHost}:${ports.apiPort}`;
    print("starting PostgreSQL");
    const databaseUrl = await keepDatabase(keep, dir, print);
    const settings = { root, dir, dev, databaseUrl, url, ...ports };
    const reloadable = await keepPrograms(keep, settings, print);
    if (dev) kept.push(watchSources(root, reloadable, print));
    fs.writeFileSync(dir.stackFile, `${JSON.stringify({ url, pid: process.pid })}\n`);
    return { url, signInUrl: `${url}/sign-in?token=${dir.token}`, token: dir.token, databaseUrl, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Keep = (name: string, start: (signal: AbortSignal) => Promise<Running>) => Promise<Kept>;

async function choosePorts({ port, web = true }: StackOptions, hadCrashed: boolean) {
  await claimPort(port, hadCrashed);
  return { apiPort: port === 0 ? await freePort() : port, webPort: web ? await freePort() : null };
}

/** The database keeps its port when it is started again: everybody else knows it by then. */
async function keepDatabase(keep: Keep, dir: DataDir, print: (line: string) => void): Promise<string> {
  const port = await freePort();
  let url = "";
  await keep("PostgreSQL", async () => {
    const server = await startPostgres({
      dataDir: dir.postgres,
      password: dir.databasePassword,
      logFile: dir.logFile("postgres"),
      port,
    });
    if (!url && server.dataDir !== dir.postgres)
      print(`its data is in ${server.dataDir}, since its account may not enter ${dir.root}`);
    url = server.url;
    return server;
  });
  return url;
}

/** Answers the parts that a change of our sources concerns. */
async function keepPrograms(keep: Keep, settings: ProgramSettings, print: (line: string) => void): Promise<Kept[]> {
  const { webPort } = settings;
  print(webPort === null ? "starting API and worker" : "starting API, worker and web server");
  const server = async () => {
    // The API applies migrations before it is ready, and the worker needs them.
    const api = await keep("API", (signal) => startChild(apiProgram(settings), signal));
    return [api, await keep("worker", (signal) => startChild(workerProgram(settings), signal))];
  };
  const web = async () => {
    if (webPort !== null) await keep("web server", (signal) => startChild(webProgram(settings, webPort), signal));
  };
  // Wait for both, so that whatever did start is known and can be stopped, before passing on a fault.
  const [ours, theirs] = await Promise.allSettled([server(), web()]);
  if (ours.status === "rejected") throw ours.reason;
  if (theirs.status === "rejected") throw theirs.reason;
  return ours.value;
}

/** In the reverse order of starting: nobody loses what it still needs. */
async function stopAll(kept: readonly Kept[], dir: DataDir): Promise<void> {
  const [database, ...rest] = kept;
  await Promise.all(rest.map((one) => one.stop()));
  await database?.stop();
  dir.release();
}

/** The orphans of a killed supervisor leave within seconds, and with them their port. */
async function claimPort(port: number, hadCrashed: boolean): Promise<void> {
  if (port === 0 || (await isFree(port))) return;
  if (hadCrashed && (await until(() => isFree(port), 10_000, 100))) return;
  throw new Error(
    `Port ${port} is taken by ${listenerOn(port)}. Choose another one, for instance --port ${port === 65535 ? 4100 : port + 1}, or --port 0 for any that is free.`,
  );
}
