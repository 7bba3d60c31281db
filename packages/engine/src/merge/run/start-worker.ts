import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Assignment } from "./worker.ts";

interface Bundler {
  buildSync(options: Readonly<Record<string, unknown>>): { readonly outputFiles: readonly { readonly text: string }[] };
}

let bundled: URL | null = null;

/**
 * The worker's entry. In a build it is the JavaScript next to this file. Run from sources (by tsx or vitest) it is TypeScript, which
 * a new thread of Node 20 cannot load, so it is bundled once by the esbuild that tsx brings.
 */
function entry(): URL {
  if (!import.meta.url.endsWith(".ts")) return new URL("./worker.js", import.meta.url);
  if (bundled === null) {
    const tsx = createRequire(import.meta.url).resolve("tsx/package.json");
    const esbuild: Bundler = createRequire(tsx)("esbuild");
    const entryPoints = [fileURLToPath(new URL("./worker.ts", import.meta.url))];
    const { outputFiles } = esbuild.buildSync({
      entryPoints,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      write: false,
    });
    bundled = new URL(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`);
  }
  return bundled;
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
