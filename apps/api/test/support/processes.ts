import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import type { TestDeps } from "./stack.ts";

const entry = path.resolve(import.meta.dirname, "../../src/worker.ts");

/** A worker as the local stack starts it: a process of its own. Resolves when it takes jobs. */
export function spawnWorker({ databaseUrl, folder }: TestDeps): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx", entry], {
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: databaseUrl,
      STORE_DIR: path.join(folder, "objects"),
      SCRATCH_DIR: path.join(folder, "scratch"),
      MERGE_THREADS: "1",
      LOG_LEVEL: process.env["TEST_LOG"] ?? "silent",
    },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve(child));
    child.once("exit", (code) => reject(new Error(`the worker stopped with ${code} before it was ready`)));
  });
}

export function killed(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}
