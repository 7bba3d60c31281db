import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { startChild } from "./child.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { type Kept, keepRunning, type Running } from "./keep-running.ts";
import { freePort, isFree, listenerOn, localHost } from "./ports.ts";
import { startPostgres } from "./postgres.ts";
import { until } from "./process.ts";
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
  const { root, port, dev = false, web = true, print } = options;
  const dir = openDataDir(options.dataDir);
  const kept: Kept[] = [];
  let giveUp: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  failed.catch(() => {}); // whoever waits for it hears of it

  async function keep(name: string, start: (signal: AbortSignal) => Promise<Running>): Promise<Kept> {
    options.signal?.throwIfAborted();
    const onGivingUp = dev ? (error: Error) => print(`${error.message}\nwaiting for a change`) : giveUp;
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
    await claimPort(port, dir.hadCrashed);
    const apiPort = port === 0 ? await freePort() : port;
    const databasePort = await freePort();
    const webPort = await freePort();
    const url = `http://${localHost}:${apiPort}`;
    print("starting PostgreSQL");
    let databaseUrl = "";
    await keep("PostgreSQL", async () => {
      const server = await startPostgres({
        dataDir: dir.postgres,
        password: dir.databasePassword,
        logFile: dir.logFile("postgres"),
        port: databasePort,
      });
      databaseUrl = server.url;
      return server;
    });

    const node = dev ? ["--conditions=source", "--import", "tsx"] : ["--enable-source-maps"];
    const entry = (name: string) => (dev ? `src/${name}.ts` : `dist/${name}.js`);
    const readyWithinMs = dev ? 120_000 : 60_000;
    const common = { cwd: path.join(root, "apps/api"), readyWithinMs };
    const env = { ...inherited(dev), ...settings(dir, databaseUrl) };
    const startApi = (signal: AbortSignal) => {
      const webUrl = web ? { WEB_URL: `http://${localHost}:${webPort}` } : {};
      const apiEnv = { ...env, ...webUrl, PORT: String(apiPort), BOOTSTRAP_TOKEN: dir.token };
      return startChild(
        { ...common, name: "API", args: [...node, entry("main")], env: apiEnv, logFile: dir.logFile("api") },
        signal,
      );
    };
    const startWorker = (signal: AbortSignal) =>
      startChild({ ...common, name: "worker", args: [...node, entry("worker")], env, logFile: dir.logFile("worker") }, signal);
    const startWeb = (signal: AbortSignal) => {
      const args = [
        "--import",
        leaveWithSupervisor,
        nextProgram(root),
        dev ? "dev" : "start",
        "-H",
        localHost,
        "-p",
        String(webPort),
      ];
      const webEnv = { ...inherited(dev), API_URL: url, NEXT_TELEMETRY_DISABLED: "1" };
      const cwd = path.join(root, "apps/web");
      return startChild(
        { name: "web server", args, cwd, env: webEnv, logFile: dir.logFile("web"), readyPort: webPort, readyWithinMs },
        signal,
      );
    };

    print(web ? "starting API, worker and web server" : "starting API and worker");
    // The API applies migrations before it is ready, and the worker needs them.
    const server = async () => {
      const api = await keep("API", startApi);
      const worker = await keep("worker", startWorker);
      return [api, worker];
    };
    const [reloadable] = await allOrFirstFault([server(), web ? keep("web server", startWeb) : undefined]);
    if (dev) kept.push(watchSources(root, reloadable, print));
    fs.writeFileSync(dir.stackFile, `${JSON.stringify({ url, pid: process.pid })}\n`);
    return { url, signInUrl: `${url}/sign-in?token=${dir.token}`, token: dir.token, databaseUrl, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** In the reverse order of starting: nobody loses what it still needs. */
async function stopAll(kept: readonly Kept[], dir: DataDir): Promise<void> {
  const [database, ...rest] = kept;
  await Promise.all(rest.map((one) => one.stop()));
  await database?.stop();
  dir.release();
}

/** Waits for both, so that whatever did start is known and can be stopped, before it passes on a fault. */
async function allOrFirstFault<A, B>([first, second]: [Promise<A>, Promise<B> | undefined]): Promise<[A, B | undefined]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return [one.value, other.value];
}

/** The orphans of a killed supervisor leave within seconds, and with them their port. */
async function claimPort(port: number, hadCrashed: boolean): Promise<void> {
  if (port === 0 || (await isFree(port))) return;
  if (hadCrashed && (await until(() => isFree(port), 10_000, 100))) return;
  throw new Error(
    `Port ${port} is taken by ${listenerOn(port)}. Choose another one, for instance --port ${port === 65535 ? 4100 : port + 1}, or --port 0 for any that is free.`,
  );
}

/** What children may know of the user's environment: a stray NODE_OPTIONS or DATABASE_URL must not reach them. */
const passedOn = [
  ...["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NODE_EXTRA_CA_CERTS"],
  ...["LOG_LEVEL", "AMALGAM_BACKEND", "MERGE_THREADS", "WORKER_CONCURRENCY", "CACHE_BYTES"],
  ...["STORE", "S3_ENDPOINT", "S3_BUCKET", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY"],
];

function inherited(dev: boolean): NodeJS.ProcessEnv {
  const given = passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(given), NODE_ENV: dev ? "development" : "production" };
}

const settings = (dir: DataDir, databaseUrl: string) => ({
  DATABASE_URL: databaseUrl,
  HOST: localHost,
  STORE_DIR: dir.objects,
  SCRATCH_DIR: dir.scratch,
});

const nextProgram = (root: string) => createRequire(path.join(root, "apps/web/package.json")).resolve("next/dist/bin/next");

/** Next knows nothing of our channel: this, loaded before it, ends its whole group when the supervisor is gone. */
const leaveWithSupervisor =
  "data:text/javascript,if(process.channel){process.on('disconnect',()=>process.kill(-process.pid,'SIGKILL'));process.channel.unref()}";
