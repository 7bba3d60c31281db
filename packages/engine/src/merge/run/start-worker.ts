import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Assignment } from "./worker.ts";

/**
 * The worker's entry. In a build it is the JavaScript next to this file. Run from sources it is TypeScript, which a new thread of
 * Node 20 cannot load by itself: a small module registers tsx there first, whatever loaded this file here (tsx or vitest).
 */
function entry(): URL {
  if (!import.meta.url.endsWith(".ts")) return new URL("./worker.js", import.meta.url);
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx/package.json"));
  const register = JSON.stringify(new URL("./dist/esm/api/index.mjs", tsx).href);
  const target = JSON.stringify(new URL("./worker.ts", import.meta.url).href);
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import { register } from ${register}; register(); await import(${target});`)}`,
  );
}

export interface RunningWorker<Result> {
  /** What the worker returned; rejects when it threw or died */
  readonly result: Promise<Result>;
  /** Ends it now. For workers that only read. */
  terminate(): Promise<unknown>;
}

/** Starts a thread on an assignment. */
export function startWorker<Result>(assignment: Assignment): RunningWorker<Result> {
  const worker = new Worker(entry(), { workerData: assignment, execArgv: [], stdin: false });
  const result = new Promise<Result>((resolve, reject) => {
    let message: { value: Result } | null = null;
    worker.on("message", (value: Result) => {
      message = { value };
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (message !== null) resolve(message.value);
      else reject(new Error(`A worker thread ended with code ${code} before it was done.`));
    });
  });
  return { result, terminate: () => worker.terminate() };
}
