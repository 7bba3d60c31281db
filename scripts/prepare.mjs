// What must be true before anything of ours can be imported: dependencies installed and, for most commands, built.
// Uses Node's own modules only, since it runs first on a fresh clone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** No telemetry, no update checks, no advertisements from the tools we run. */
export const quiet = {
  NEXT_TELEMETRY_DISABLED: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
  CHECKPOINT_DISABLE: "1",
};

refuseOldNode();

function refuseOldNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Amalgam needs Node 20.19 or newer; this is ${process.version} (${process.execPath}). See https://nodejs.org`);
  process.exit(1);
}

/** Runs a program in the checkout and answers its exit code; a signal that ended it ends us. */
export function run(command, args, env = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...quiet, ...env },
  });
  if (error) throw error;
  if (signal) process.exit(130);
  return status;
}

/** Runs `npm ci` unless node_modules already holds what the lock file says. */
export function install() {
  const stamp = path.join(root, "node_modules/.amalgam-installed");
  const lock = fs.readFileSync(path.join(root, "package-lock.json"));
  const wanted = { platform: `${process.platform}-${process.arch}`, lock: createHash("sha256").update(lock).digest("hex") };
  const found = readJson(stamp);
  if (found?.platform === wanted.platform && found.lock === wanted.lock) return;
  const isOfThisPlatform = found === null || found.platform === wanted.platform;
  if (!isOfThisPlatform || !fitsLock(JSON.parse(lock))) {
    console.log("installing dependencies (npm ci)");
    // No package needs its install script here, and some would download for minutes.
    const args = ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
    // A NODE_ENV of production in the caller's environment would leave out what builds us.
    const status = npm(args, { NODE_ENV: "development", ONNXRUNTIME_NODE_INSTALL: "skip" });
    if (status !== 0) {
      console.error("npm ci failed; the lines above say why.");
      process.exit(status || 1);
    }
  }
  fs.writeFileSync(stamp, JSON.stringify(wanted));
}

/** True when npm's own record of what it installed agrees with the lock file, as after an `npm install` by hand. */
function fitsLock(lock) {
  const installed = readJson(path.join(root, "node_modules/.package-lock.json"));
  if (!installed) return false;
  const differs = ([place, { version, integrity }]) =>
    lock.packages[place]?.version !== version || lock.packages[place]?.integrity !== integrity;
  const mayLack = ({ optional, devOptional, peer }) => optional || devOptional || peer;
  const isMissing = ([place, entry]) => place.includes("node_modules/") && !mayLack(entry) && !installed.packages[place];
  return !Object.entries(installed.packages).some(differs) && !Object.entries(lock.packages).some(isMissing);
}

/** The npm that runs us, or the one that belongs to this Node: neither needs a shell. */
export function npm(args, env) {
  const beside = path.resolve(path.dirname(fs.realpathSync(process.execPath)), "../lib/node_modules/npm/bin/npm-cli.js");
  const program = [process.env.npm_execpath, beside].find(
    (file) => file && path.basename(file) === "npm-cli.js" && fs.existsSync(file),
  );
  return program ? run(process.execPath, [program, ...args], env) : run("npm", args, env);
}

/** Runs turbo tasks; what has not changed since the last time costs nothing. Answers turbo's exit code. */
export function turbo(tasks) {
  return run(process.execPath, [path.join(root, "node_modules/turbo/bin/turbo"), "run", ...tasks, "--output-logs=errors-only"]);
}

/** Builds, or ends the process with a reason. */
export function build(tasks = ["build"]) {
  console.log("building (only what changed)");
  const status = turbo(tasks);
  if (status === 0) return;
  console.error("The build failed; the lines above say why.");
  process.exit(status || 1);
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
