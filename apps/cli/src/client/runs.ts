import { setTimeout as sleep } from "node:timers/promises";
import { refusal } from "../failure.ts";
import { execute, patience } from "./graphql.ts";
import { type Run, type RunState, runById, type Version, versionByRef } from "./operations.ts";
import type { Server } from "./server.ts";

const over = new Set<RunState>(["SUCCEEDED", "FAILED", "CANCELLED"]);
export const isOver = (state: RunState): boolean => over.has(state);

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onChange?: ((run: Run) => void) | undefined;
  readonly everyMs?: number;
}

/** Asks for the run until it is over. */
export async function followRun(
  server: Server,
  id: string,
  { signal, onChange, everyMs = 400 }: FollowOptions = {},
): Promise<Run> {
  for (;;) {
    const { run } = await execute(server, runById, { id }, { signal, attempts: patience });
    if (!run) throw refusal("NO_RUN", `The server knows no run ${id}.`);
    onChange?.(run);
    if (isOver(run.state)) return run;
    await sleep(everyMs, undefined, signal ? { signal } : {});
  }
}

/** Waits until the server has verified the version; REJECTED is a refusal with the server's reason. */
export async function waitUntilVerified(
  server: Server,
  ref: string,
  { signal, everyMs = 300 }: FollowOptions = {},
): Promise<Version> {
  for (;;) {
    const { version } = await execute(server, versionByRef, { ref }, { signal, attempts: patience });
    if (!version) throw refusal("NO_VERSION", `The server knows no version ${ref}.`);
    if (version.state === "READY") return version;
    if (version.state === "REJECTED") {
      const { code, message, path } = version.rejection ?? { code: "REJECTED", message: "the server gave no reason", path: [] };
      throw refusal(code, `${ref} was rejected: ${message}`, path);
    }
    await sleep(everyMs, undefined, signal ? { signal } : {});
  }
}
