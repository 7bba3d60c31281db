import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { birthOf, isAlive } from "./process.ts";

/** Where the parts of a local stack keep their state. */
export interface DataDir {
  readonly root: string;
  readonly postgres: string;
  readonly objects: string;
  readonly scratch: string;
  readonly stackFile: string;
  /** Bearer token of the local account; made at the first start, readable by its owner alone. */
  readonly token: string;
  readonly databasePassword: string;
  /** True when a supervisor was killed here and left its claim behind. */
  readonly hadCrashed: boolean;
  logFile(name: string): string;
  release(): void;
}

/** Makes the folder, or takes it over; refuses while another supervisor works in it. */
export function openDataDir(dataDir: string): DataDir {
  const root = path.resolve(dataDir);
  const inside = (name: string) => path.join(root, name);
  fs.mkdirSync(root, { recursive: true });
  fs.chmodSync(root, 0o711); // as root, PostgreSQL runs under another account and must pass through
  for (const name of ["objects", "scratch", "logs"]) fs.mkdirSync(inside(name), { recursive: true, mode: 0o700 });
  const claim = inside("supervisor.json");
  const hadCrashed = takeClaim(claim, inside("stack.json"), root);
  return {
    root,
    postgres: inside("postgres"),
    objects: inside("objects"),
    scratch: inside("scratch"),
    stackFile: inside("stack.json"),
    token: secret(inside("access-token"), () => `amg_${randomBytes(32).toString("base64url")}`),
    databasePassword: secret(inside("postgres-password"), () => randomBytes(24).toString("base64url")),
    hadCrashed,
    logFile: (name) => rotated(inside(`logs/${name}.log`)),
    release() {
      fs.rmSync(inside("stack.json"), { force: true });
      fs.rmSync(claim, { force: true });
    },
  };
}

/** Linking a whole file makes the claim appear at once with its content. Answers whether a dead supervisor's was there. */
function takeClaim(claim: string, stackFile: string, root: string): boolean {
  const mine = `${claim}.${process.pid}`;
  fs.writeFileSync(mine, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) }));
  try {
    for (let hadCrashed = false; ; hadCrashed = true) {
      try {
        fs.linkSync(mine, claim);
        return hadCrashed;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readJson<{ pid: number; birth: string | null }>(claim);
      if (holder && isAlive(holder.pid) && birthOf(holder.pid) === holder.birth) {
        const url = readJson<{ url: string }>(stackFile)?.url;
        throw new Error(
          `Amalgam already runs on ${root}${url ? ` at ${url}` : ""} (process ${holder.pid}). ` +
            "Use that one, stop it, or choose another data directory with --data-dir.",
        );
      }
      fs.rmSync(claim, { force: true });
    }
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as T;
  } catch {
    return null;
  }
}

function secret(file: string, make: () => string): string {
  if (!fs.existsSync(file)) {
    const partial = `${file}.${process.pid}`;
    fs.writeFileSync(partial, make(), { mode: 0o600 });
    fs.renameSync(partial, file);
  }
  return fs.readFileSync(file, "utf8").trim();
}

const largestLogBytes = 20 * 2 ** 20;

function rotated(file: string): string {
  if ((fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largestLogBytes) fs.renameSync(file, `${file}.1`);
  return file;
}
