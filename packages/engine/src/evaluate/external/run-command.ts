import { type ChildProcess, spawn } from "node:child_process";
import { basename } from "node:path";
import { OutputTail } from "./output-tail.ts";

export interface CommandOptions {
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** Output of both kinds together after which the command is ended. */
  readonly maxOutputBytes?: number;
}

/** A result is a line; logs before it may be long, but not endless. */
const DEFAULT_MAX_OUTPUT = 256 * 2 ** 20;
const KEPT_OUTPUT = 2 ** 20;
const KEPT_COMPLAINT = 4096;
/** From a polite request to end until the end. */
const GRACE_MS = 2000;
const POLL_MS = 50;
/** What a process wrote before it ended may still be in its pipe. */
const DRAIN_MS = 500;

/**
 * Runs a program without a shell, in a process group of its own, and returns the last megabyte of its standard output. Whatever happens, the
 * whole group is ended before this settles, and memory stays bounded. Rejects with the signal's reason when aborted; with an Error that
 * names the program when it cannot be started, exits with another code than 0, runs too long or prints too much.
 */
export async function runCommand([program = "", ...args]: readonly string[], options: CommandOptions): Promise<string> {
  const { timeoutSeconds, environment, signal, maxOutputBytes = DEFAULT_MAX_OUTPUT } = options;
  signal?.throwIfAborted();
  const name = basename(program);
  const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], env: environment });
  const [output, complaint] = [new OutputTail(KEPT_OUTPUT), new OutputTail(KEPT_COMPLAINT)];
  const timers: NodeJS.Timeout[] = [];
  const endAtExit = (): void => killGroup(child, "SIGKILL");
  process.once("exit", endAtExit);
  let onAbort: (() => void) | undefined;
  try {
    const stopped = new Promise<never>((_, reject) => {
      const tooLong = () => reject(new Error(`The evaluator ${name} did not end within ${timeoutSeconds} s and was stopped.`));
      timers.push(setTimeout(tooLong, timeoutSeconds * 1000));
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const take = (tail: OutputTail) => (chunk: Buffer) => {
        tail.push(chunk);
        if (output.total + complaint.total <= maxOutputBytes) return;
        reject(new Error(`The evaluator ${name} printed more than ${maxOutputBytes} bytes and was stopped.`));
      };
      child.stdout.on("data", take(output));
      child.stderr.on("data", take(complaint));
    });
    stopped.catch(() => {}); // it may reject after the race is over
    const { code, by } = await Promise.race([ended(child, name), stopped]);
    if (code === 0) return output.text();
    const last = complaint.text().trim().split("\n").at(-1)?.slice(0, 500) ?? "";
    const how = by === null ? `with code ${code}` : `by ${by}`;
    throw new Error(`The evaluator ${name} ended ${how}${last === "" ? " and said nothing." : `: ${last}`}`);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    if (onAbort) signal?.removeEventListener("abort", onAbort);
    await endGroup(child);
    process.off("exit", endAtExit);
  }
}

/** Resolves when the program has ended and its pipes are empty, or soon after when something it left behind keeps them open. */
function ended(child: ChildProcess, name: string): Promise<{ code: number | null; by: string | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          `The evaluator ${name} cannot be started: ${error.code === "ENOENT" ? "there is no such program" : error.message}.`,
        ),
      ),
    );
    child.once("close", (code, by) => resolve({ code, by }));
    child.once("exit", (code, by) => setTimeout(() => resolve({ code, by }), DRAIN_MS));
  });
}

/** First politely, then not: also what the program started, as long as it stayed in the group. */
async function endGroup(child: ChildProcess): Promise<void> {
  killGroup(child, "SIGTERM");
  await groupGone(child, GRACE_MS);
  killGroup(child, "SIGKILL");
  await groupGone(child, GRACE_MS);
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function groupGone(child: ChildProcess, withinMs: number): Promise<void> {
  for (let waited = 0; isGroupAlive(child) && waited < withinMs; waited += POLL_MS)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

function killGroup({ pid }: ChildProcess, how: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, how);
  } catch {} // all of the group have ended
}

function isGroupAlive({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0);
  } catch {
    return false;
  }
}
