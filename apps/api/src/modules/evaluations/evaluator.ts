import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Score } from "@amalgam/engine/evaluate";
import { type Measurer, MeasuringFailedError, type PointCost } from "../statistics/measurer.ts";
import type { EvaluatorMessage, EvaluatorReply, EvaluatorRequest } from "./evaluator-child.ts";

/** The model could not be scored; the message says why. */
export class EvaluationFailedError extends Error {
  override readonly name = "EvaluationFailedError";
}

export interface BackendReport {
  readonly name: string;
  readonly chosen: boolean;
  readonly reason: string;
}

/**
 * A process of its own for the network: its kernels block their event loop for seconds, and ours must keep the job's lock alive.
 * It stays for the next request, because loading the network runtime takes longer than many a score.
 */
export interface Evaluator extends Measurer {
  /** One request at a time; aborting kills the process, and the next request starts another. */
  evaluate(request: EvaluatorRequest, options: { signal: AbortSignal; onProgress(part: number): void }): Promise<Score>;
  /** What it computes with. */
  backends(): Promise<readonly BackendReport[]>;
  close(): void;
}

const isSource = import.meta.url.endsWith(".ts");
const childFile = fileURLToPath(new URL(isSource ? "./evaluator-child.ts" : "./evaluator-child.js", import.meta.url));
const execArgv = isSource ? ["--conditions=source", "--import", "tsx"] : ["--enable-source-maps"];
const idleForMs = 300_000;

export function createEvaluator(): Evaluator {
  let child: ChildProcess | null = null;
  let idle: NodeJS.Timeout | undefined;
  /** Requests take turns. */
  let last: Promise<unknown> = Promise.resolve();

  function start(): ChildProcess {
    clearTimeout(idle);
    if (child?.connected && child.exitCode === null && child.signalCode === null) return child;
    child = fork(childFile, [], { execArgv, serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
    return child;
  }

  function stop(): void {
    clearTimeout(idle);
    child?.kill("SIGKILL");
    child = null;
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work).finally(() => {
      idle = setTimeout(stop, idleForMs).unref();
    });
    last = turn.catch(() => {});
    return turn;
  }

  function abortable(signal: AbortSignal, message: EvaluatorMessage, listener: Listener): Promise<EvaluatorReply> {
    return inTurn(async () => {
      signal.throwIfAborted();
      signal.addEventListener("abort", stop, { once: true });
      try {
        return await ask(start(), message, listener);
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener("abort", stop);
      }
    });
  }

  return {
    evaluate: async (request, { signal, onProgress }) => {
      const reply = await abortable(signal, { kind: "evaluate", request }, { onProgress });
      if (reply.kind === "score") return reply.score;
      throw new EvaluationFailedError(`${request.task}: ${reply.kind === "failed" ? reply.message : "no score came back"}`);
    },
    measure: async (request, { signal, ...listener }) => {
      const reply = await abortable(signal, { kind: "measure", request }, listener);
      if (reply.kind === "measured") return;
      throw new MeasuringFailedError(`${request.task}: ${reply.kind === "failed" ? reply.message : "nothing came back"}`);
    },
    backends: () =>
      inTurn(async () => {
        const reply = await ask(start(), { kind: "backends" });
        if (reply.kind === "backends") return reply.backends;
        throw new EvaluationFailedError(reply.kind === "failed" ? reply.message : "no answer came back");
      }),
    close: stop,
  };
}

interface Listener {
  onProgress?(part: number): void;
  onPoint?(index: number, cost: PointCost): void;
}

/** Sends one message and waits for what answers it. */
function ask(child: ChildProcess, message: EvaluatorMessage, listener: Listener = {}): Promise<EvaluatorReply> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      child.off("message", onMessage).off("exit", onExit).off("error", onError);
      settle();
    };
    const onMessage = (reply: EvaluatorReply) => {
      if (reply.kind === "progress") listener.onProgress?.(reply.part);
      else if (reply.kind === "point") listener.onPoint?.(reply.index, reply.cost);
      else finish(() => resolve(reply));
    };
    const onExit = (code: number | null, name: string | null) =>
      finish(() => reject(new EvaluationFailedError(`The evaluator stopped (${name ?? code}); memory is the usual cause.`)));
    const onError = (error: Error) => finish(() => reject(error));
    child.on("message", onMessage).once("exit", onExit).once("error", onError);
    child.send(message, (error) => error && onError(error));
  });
}
