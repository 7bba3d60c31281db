import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import type { Running } from "./keep-running.ts";
import { isAnswering } from "./ports.ts";
import { until } from "./process.ts";

export interface ChildOptions {
  readonly name: string;
  /** Arguments to Node. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Ready when it sends {ready: true}, or when this port answers. */
  readonly readyPort?: number;
  readonly readyWithinMs: number;
  /** How long it may take to stop before it is killed. */
  readonly patienceMs?: number;
}

const keptLines = 30;

/**
 * Starts a Node program and resolves when it is ready. It gets a process group of its own, so Ctrl-C in the terminal reaches only the
 * supervisor, which stops its children in order; and a channel that closes when the supervisor dies in any way, upon which it leaves.
 */
export async function startChild(options: ChildOptions, signal: AbortSignal): Promise<Running> {
  const { name, args, cwd, env, logFile } = options;
  const child = spawn(process.execPath, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const log = fs.createWriteStream(logFile, { flags: "a" });
  let tail: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      log.write(text);
      tail = [...tail, ...text.split("\n").filter(Boolean)].slice(-keptLines);
    });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`The ${name} could not be started: ${error.message}`));
    child.once("close", (code, signal) => {
      log.end();
      resolve(`The ${name} ended (${signal ?? `exit code ${code}`}); its log is ${logFile}`);
    });
  });
  const stop = () => stopChild(child, ended, options.patienceMs ?? 10_000);
  const fault = await Promise.race([ended, becomesReady(child, options, signal)]);
  if (fault === null) return { exited: ended, stop };
  await stop();
  throw new Error(`${fault}\n${tail.join("\n")}`);
}

async function becomesReady(
  child: ChildProcess,
  { name, readyPort, readyWithinMs, logFile }: ChildOptions,
  signal: AbortSignal,
): Promise<string | null> {
  let isReady = false;
  child.on("message", (message: { ready?: boolean }) => {
    isReady ||= message?.ready === true;
  });
  const asks = readyPort === undefined ? () => isReady : () => isAnswering(readyPort);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const settled = await until(async () => signal.aborted || hasEnded() || (await asks()), readyWithinMs);
  if (signal.aborted) return `The ${name} was told to stop while it started`;
  if (settled && !hasEnded()) return null;
  return `The ${name} was not ready within ${readyWithinMs / 1000} s; its log is ${logFile}`;
}

async function stopChild(child: ChildProcess, ended: Promise<string>, patienceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const group = -child.pid;
  child.kill("SIGTERM");
  const impatience = setTimeout(() => killGroup(group), patienceMs);
  await ended;
  clearTimeout(impatience);
  killGroup(group); // helpers it may have left
}

function killGroup(group: number): void {
  try {
    process.kill(group, "SIGKILL");
  } catch {
    // nobody left
  }
}
