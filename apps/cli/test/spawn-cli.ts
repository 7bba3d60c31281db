import { spawn } from "node:child_process";
import path from "node:path";

const main = path.resolve(import.meta.dirname, "../src/main.ts");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Asked often; the first true sends Ctrl-C */
  readonly interruptWhen?: () => boolean;
}

/** Runs the command line from sources in a process of its own, with no server in its environment. */
export function amalgam(args: readonly string[], { cwd, env = {}, interruptWhen }: SpawnOptions = {}): Promise<Outcome> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, ["--conditions=source", "--import", import.meta.resolve("tsx"), main, ...args], {
    cwd,
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const watch = setInterval(() => {
    if (!interruptWhen?.()) return;
    clearInterval(watch);
    child.kill("SIGINT");
  }, 10);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearInterval(watch);
      resolve({ code, stdout, stderr });
    });
  });
}
