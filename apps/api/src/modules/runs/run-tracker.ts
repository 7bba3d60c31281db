import type { Deps } from "../../deps.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import { AbortedError } from "../../platform/queue.ts";

interface RunNumbers {
  readonly progress?: number;
  readonly tensorsDone?: number;
  readonly tensorsTotal?: number;
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number | null;
  readonly peakMemoryBytes?: bigint;
}

/** Writes what a run does to its row and hears when it should stop. */
export interface RunTracker {
  readonly signal: AbortSignal;
  readonly lease: string;
  /** Begins a stage; the one before ends. */
  stage(name: string): Promise<void>;
  /** Notes the latest numbers; written at most four times a second. */
  report(numbers: RunNumbers): void;
  close(): Promise<void>;
}

const writeEveryMs = 250;
const heartbeatMs = 2000;

export async function trackRun(deps: Deps, run: { id: string; lease: string }, jobSignal: AbortSignal): Promise<RunTracker> {
  const { id, lease } = run;
  const abort = new AbortController();
  const signal = AbortSignal.any([jobSignal, abort.signal]);
  let pending: Prisma.RunUncheckedUpdateManyInput = {};
  let writing: Promise<void> | null = null;
  let lastWrite = 0;

  /** One guarded update carries the numbers, says that we live, and tells whether the run is still ours. */
  async function write(): Promise<void> {
    const data = { ...pending, heartbeatAt: deps.clock() };
    pending = {};
    lastWrite = Date.now();
    const { count } = await deps.db.run.updateMany({ where: { id, lease, state: "RUNNING" }, data });
    if (count === 1) await deps.notifications.publish("run", id);
    else await stop();
  }

  async function stop(): Promise<void> {
    const row = await deps.db.run.findUnique({ where: { id }, select: { state: true, lease: true } });
    const isCancelled = row?.lease === lease && row.state === "CANCELLING";
    abort.abort(new AbortedError(isCancelled ? "cancelled" : "lost"));
  }

  function flush(): void {
    if (writing || signal.aborted) return;
    writing = write()
      .catch((error) => deps.log.warn({ runId: id, err: error }, "could not write progress"))
      .finally(() => {
        writing = null;
      });
  }

  const timer = setInterval(() => {
    const isDue = Date.now() - lastWrite >= (Object.keys(pending).length > 0 ? writeEveryMs : heartbeatMs);
    if (isDue) flush();
  }, writeEveryMs);
  // A cancellation is heard at once instead of at the next write.
  const leave = await deps.notifications.subscribe("run-cancel", (payload) => {
    if (payload === null || payload === id) flush();
  });

  return {
    signal,
    lease,
    async stage(name) {
      signal.throwIfAborted();
      await beginStage(deps, id, name);
      pending = { ...pending, stage: name };
      flush();
    },
    report(numbers) {
      pending = { ...pending, ...numbers };
    },
    async close() {
      clearInterval(timer);
      leave();
      await writing;
    },
  };
}

async function beginStage(deps: Deps, runId: string, name: string): Promise<void> {
  const now = deps.clock();
  await deps.db.$transaction(async (tx) => {
    await tx.runStage.updateMany({ where: { runId, finishedAt: null }, data: { finishedAt: now } });
    const position = await tx.runStage.count({ where: { runId } });
    await tx.runStage.create({ data: { runId, position, name, startedAt: now } });
  });
}
