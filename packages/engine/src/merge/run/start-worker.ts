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

/** A thread that waits for work. */
export interface Thread {
  readonly isOver: boolean;
  /** Gives it the next piece of work. @returns what it has made of it; rejects when it threw or died */
  perform<Result>(assignment: Assignment): Promise<Result>;
  /** Ends it, whatever it does. For threads that only read, or have nothing to do. */
  end(): Promise<unknown>;
}

/** Starts a thread, which loads its modules while nobody waits for it yet. */
export function startThread(): Thread {
  const worker = new Worker(entry(), { execArgv: [], stdin: false, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
  let waiting: { resolve(value: unknown): void; reject(reason: unknown): void } | null = null;
  let over: { readonly reason: unknown } | null = null;
  const fail = (reason: unknown): void => {
    over ??= { reason };
    waiting?.reject(reason);
  };
  worker.on("message", (value: unknown) => waiting?.resolve(value));
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`A worker thread ended with code ${code} before it was done.`)));
  return {
    get isOver() {
      return over !== null;
    },
    perform<Result>(assignment: Assignment): Promise<Result> {
      return new Promise<Result>((resolve, reject) => {
        waiting = { resolve: (value) => resolve(value as Result), reject };
        if (over === null) worker.postMessage(assignment);
        else reject(over.reason);
      });
    },
    end: () => worker.terminate(),
  };
}

export interface RunningWorker<Result> {
  /** What the worker returned; rejects when it threw or died */
  readonly result: Promise<Result>;
  /** Ends it now. For workers that only read. */
  terminate(): Promise<unknown>;
}

/** Starts a thread on one assignment. */
export function startWorker<Result>(assignment: Assignment): RunningWorker<Result> {
  const thread = startThread();
  const result = thread.perform<Result>(assignment).finally(() => thread.end());
  return { result, terminate: thread.end };
}
