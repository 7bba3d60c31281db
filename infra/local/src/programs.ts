import { createRequire } from "node:module";
import path from "node:path";
import type { ChildOptions } from "./child.ts";
import type { DataDir } from "./data-dir.ts";
import { localHost } from "./ports.ts";

export interface ProgramSettings {
  readonly root: string;
  readonly dir: DataDir;
  readonly dev: boolean;
  readonly databaseUrl: string;
  readonly url: string;
  readonly apiPort: number;
  /** Null leaves the web server out. */
  readonly webPort: number | null;
}

export function apiProgram(settings: ProgramSettings): ChildOptions {
  const { dir, apiPort, webPort } = settings;
  const web = webPort === null ? {} : { WEB_URL: `http://${localHost}:${webPort}` };
  return {
    ...ours(settings, "API", "main"),
    env: { ...environment(settings), ...web, PORT: String(apiPort), BOOTSTRAP_TOKEN: dir.token },
  };
}

export const workerProgram = (settings: ProgramSettings): ChildOptions => ours(settings, "worker", "worker");

export function webProgram({ root, dir, dev, url }: ProgramSettings, port: number): ChildOptions {
  const next = createRequire(path.join(root, "apps/web/package.json")).resolve("next/dist/bin/next");
  return {
    name: "web server",
    args: ["--import", leaveWithSupervisor, next, dev ? "dev" : "start", "-H", localHost, "-p", String(port)],
    cwd: path.join(root, "apps/web"),
    env: { ...inherited(dev), API_URL: url, NEXT_TELEMETRY_DISABLED: "1", AMALGAM_SUPERVISED: "1" },
    logFile: dir.logFile("web"),
    readyPort: port,
    readyWithinMs: readyWithinMs(dev),
  };
}

function ours(settings: ProgramSettings, name: string, entry: string): ChildOptions {
  const { root, dir, dev } = settings;
  return {
    name,
    args: dev ? ["--conditions=source", "--import", "tsx", `src/${entry}.ts`] : ["--enable-source-maps", `dist/${entry}.js`],
    cwd: path.join(root, "apps/api"),
    env: environment(settings),
    logFile: dir.logFile(name.toLowerCase()),
    readyWithinMs: readyWithinMs(dev),
  };
}

const readyWithinMs = (dev: boolean) => (dev ? 120_000 : 60_000);

/** What children may know of the user's environment: a stray NODE_OPTIONS or DATABASE_URL must not reach them. */
const passedOn = [
  ...["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NODE_EXTRA_CA_CERTS"],
  ...["LOG_LEVEL", "AMALGAM_BACKEND", "MERGE_THREADS", "WORKER_CONCURRENCY", "CACHE_BYTES", "EVALUATORS"],
  ...["STORE", "S3_ENDPOINT", "S3_BUCKET", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY"],
];

function inherited(dev: boolean): NodeJS.ProcessEnv {
  const given = passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(given), NODE_ENV: dev ? "development" : "production" };
}

function environment({ dir, dev, databaseUrl }: ProgramSettings): NodeJS.ProcessEnv {
  return { ...inherited(dev), DATABASE_URL: databaseUrl, HOST: localHost, STORE_DIR: dir.objects, SCRATCH_DIR: dir.scratch };
}

/**
 * Next knows nothing of our channel: this, loaded before it, ends its whole group when the supervisor is gone. The mark keeps it out
 * of the processes that Next forks, which inherit Node's arguments: their channel is Next's.
 */
const leaveWithSupervisor =
  "data:text/javascript,if(process.env.AMALGAM_SUPERVISED){delete process.env.AMALGAM_SUPERVISED;" +
  "process.on('disconnect',()=>process.kill(-process.pid,'SIGKILL'));process.channel.unref()}";
