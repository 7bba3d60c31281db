import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EvaluatorReply, EvaluatorRequest, EvaluatorScore } from "./evaluator-child.ts";

/** The model could not be scored; the message says why. */
export class EvaluationFailedError extends Error {
  override readonly name = "EvaluationFailedError";
}

export interface Evaluator {
  evaluate(request: EvaluatorRequest, onProgress: (part: number) => void): Promise<EvaluatorScore>;
  close(): void;
}

const isSource = import.meta.url.endsWith(".ts");
const childFile = fileURLToPath(new URL(isSource ? "./evaluator-child.ts" : "./evaluator-child.js", import.meta.url));
const execArgv = isSource ? ["--conditions=source", "--import", "tsx"] : ["--enable-source-maps"];

/**
 * A process of its own for the network: its kernels block their event loop for seconds, and ours must keep the job's lock alive.
 * One request at a time. Aborting kills the process.
 */
export function startEvaluator(signal: AbortSignal): Evaluator {
  const child = fork(childFile, [], { execArgv, serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  return {
    evaluate(request, onProgress) {
      return new Promise((resolve, reject) => {
        if (signal.aborted || !child.connected)
          return reject(signal.reason ?? new EvaluationFailedError("The evaluator is gone."));
        const finish = (settle: () => void) => {
          child.off("message", onMessage);
          child.off("exit", onExit);
          settle();
        };
        const onMessage = (reply: EvaluatorReply) => {
          if (reply.kind === "progress") onProgress(reply.part);
          else if (reply.kind === "score") finish(() => resolve(reply.score));
          else finish(() => reject(new EvaluationFailedError(`${request.task}: ${reply.message}`)));
        };
        const onExit = (code: number | null, name: string | null) =>
          finish(() =>
            reject(
              signal.aborted
                ? signal.reason
                : new EvaluationFailedError(
                    `${request.task}: the evaluator stopped (${name ?? code}); memory is the usual cause.`,
                  ),
            ),
          );
        child.on("message", onMessage);
        child.once("exit", onExit);
        child.send(request);
      });
    },
    close() {
      signal.removeEventListener("abort", kill);
      kill();
    },
  };
}
