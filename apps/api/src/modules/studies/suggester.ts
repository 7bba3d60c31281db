import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BatchRequest, BatchSuggestion } from "./suggest-batch.ts";
import type { SuggesterReply } from "./suggester-child.ts";

/** A process of its own for the optimiser, which may compute for seconds: the worker's event loop keeps the locks of its jobs alive. */
export interface Suggester {
  suggest(request: BatchRequest): Promise<readonly BatchSuggestion[]>;
  close(): void;
}

const isSource = import.meta.url.endsWith(".ts");
const childFile = fileURLToPath(new URL(isSource ? "./suggester-child.ts" : "./suggester-child.js", import.meta.url));
const execArgv = isSource ? ["--conditions=source", "--import", "tsx"] : ["--enable-source-maps"];
const idleForMs = 300_000;

export function createSuggester(): Suggester {
  let child: ChildProcess | null = null;
  let idle: NodeJS.Timeout | undefined;
  let last = 0;

  function start(): ChildProcess {
    if (child?.connected && child.exitCode === null && child.signalCode === null) return child;
    child = fork(childFile, [], { execArgv, serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.setMaxListeners(0);
    return child;
  }

  function stop(): void {
    clearTimeout(idle);
    child?.kill("SIGKILL");
    child = null;
  }

  return {
    async suggest(request) {
      clearTimeout(idle);
      try {
        return await ask(start(), ++last, request);
      } finally {
        clearTimeout(idle);
        idle = setTimeout(stop, idleForMs).unref();
      }
    },
    close: stop,
  };
}

function ask(child: ChildProcess, id: number, request: BatchRequest): Promise<readonly BatchSuggestion[]> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      child.off("message", onMessage).off("exit", onExit).off("error", onError);
      settle();
    };
    const onMessage = (reply: SuggesterReply) => {
      if (reply.id !== id) return;
      finish(() => ("failed" in reply ? reject(new Error(reply.failed)) : resolve(reply.suggestions)));
    };
    const onExit = (code: number | null, name: string | null) =>
      finish(() =>
        reject(new Error(`The optimiser's process stopped (${name ?? code}); it is started again with the next try.`)),
      );
    const onError = (error: Error) => finish(() => reject(error));
    child.on("message", onMessage).once("exit", onExit).once("error", onError);
    child.send({ id, request }, (error) => error && onError(error));
  });
}
