import { randomUUID } from "node:crypto";
import { type Fault, RefusedError } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Prisma, Run, RunKind } from "../../generated/prisma/client.ts";
import { StoreFullError } from "../../platform/object-store.ts";
import { AbortedError } from "../../platform/queue.ts";
import { isDatabaseFault } from "../database-fault.ts";
import { fault } from "../refuse.ts";
import { isTerminal, moveRun } from "./run.state.ts";
import { type RunTracker, trackRun } from "./run-tracker.ts";
import { undoRun } from "./undo-run.ts";

/** A worker that dies again and again takes the run with it: out of memory, most often. */
const maxAttempts = 5;

export interface RunWork {
  readonly kind: RunKind;
  /** Does the work and returns the writes that make it so; they commit together with SUCCEEDED, or not at all. */
  work(run: Run, tracker: RunTracker): Promise<(tx: Prisma.TransactionClient) => Promise<void>>;
  /** Turns an error of the work into what the user reads; null for one that another try may heal. */
  explain?(error: unknown): Fault | null;
}

/** Claims the run, does the work, and ends it in one transaction. Safe to call twice for the same run, here or elsewhere. */
export async function performRun(deps: Deps, id: string, jobSignal: AbortSignal, how: RunWork): Promise<void> {
  const run = await claim(deps, id, how);
  if (!run?.lease) return;
  const lease = run.lease;
  const log = deps.log.child({ runId: id });
  const tracker = await trackRun(deps, { id, lease }, jobSignal);
  try {
    const commit = await how.work(run, tracker);
    tracker.signal.throwIfAborted();
    await tracker.close();
    await succeed(deps, { id, lease }, commit);
    log.info({ kind: run.kind }, "run succeeded");
  } catch (error) {
    await tracker.close();
    await settle(deps, run, how, { error: tracker.signal.aborted ? tracker.signal.reason : error, lease });
  }
}

/** Takes the run: from the queue, or from a worker that is not heard of any more. Null when there is nothing to do. */
async function claim(deps: Deps, id: string, how: RunWork): Promise<Run | null> {
  const run = await deps.db.run.findUnique({ where: { id } });
  if (!run || run.kind !== how.kind || isTerminal(run.state)) return null;
  const now = deps.clock();
  if (run.state === "CANCELLING") {
    await end(deps, run, { to: "CANCELLED", reason: cancelled });
    return null;
  }
  if (run.attempts >= maxAttempts) {
    const message = `Gave up after ${maxAttempts} attempts: each time the worker died or lost its database. Look at the worker's log; memory is the usual cause.`;
    const lease = run.lease ?? randomUUID();
    await moveRun(deps.db, { id, to: "RUNNING", now }, { lease });
    await end(deps, run, { to: "FAILED", reason: fault("GAVE_UP", message), lease });
    return null;
  }
  const lease = randomUUID();
  const fields = { lease, heartbeatAt: now, startedAt: run.startedAt ?? now, attempts: { increment: 1 }, progress: 0 };
  if (!(await moveRun(deps.db, { id, to: "RUNNING", now }, fields))) return null;
  return deps.db.run.findUnique({ where: { id, lease } });
}

async function succeed(
  deps: Deps,
  held: { id: string; lease: string },
  commit: (tx: Prisma.TransactionClient) => Promise<void>,
): Promise<void> {
  await deps.db.$transaction(
    async (tx) => {
      const now = deps.clock();
      // First, so that whoever lost the lease or was cancelled writes nothing.
      if (!(await moveRun(tx, { ...held, to: "SUCCEEDED", from: ["RUNNING"], now }))) throw new LeaseLostError();
      await commit(tx);
      await tx.runStage.updateMany({ where: { runId: held.id, finishedAt: null }, data: { finishedAt: now } });
    },
    { timeout: 120_000, maxWait: 10_000 },
  );
}

class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

const cancelled = fault("CANCELLED", "The run was cancelled.");

async function settle(deps: Deps, run: Run, how: RunWork, { error, lease }: { error: unknown; lease: string }): Promise<void> {
  const log = deps.log.child({ runId: run.id });
  const now = deps.clock();
  if (error instanceof LeaseLostError || (error instanceof AbortedError && error.reason !== "shutdown")) {
    // Cancelled, or taken over: the row tells which.
    const row = await deps.db.run.findUnique({ where: { id: run.id, lease, state: "CANCELLING" } });
    if (row) await end(deps, run, { to: "CANCELLED", reason: cancelled, lease });
    log.info({ reason: row ? "cancelled" : "lost" }, "run stopped");
    return;
  }
  if (error instanceof AbortedError) {
    await moveRun(deps.db, { id: run.id, to: "QUEUED", from: ["RUNNING"], lease, now }, { attempts: { decrement: 1 } });
    throw error;
  }
  if (isDatabaseFault(error)) throw error;
  const reason = explainError(error, how);
  log.warn({ err: error, code: reason.code }, "run failed");
  const failed = await end(deps, run, { to: "FAILED", reason, lease });
  if (!failed) await end(deps, run, { to: "CANCELLED", reason: cancelled, lease });
}

async function end(
  deps: Deps,
  run: Run,
  { to, reason, lease }: { to: "FAILED" | "CANCELLED"; reason: Fault; lease?: string },
): Promise<boolean> {
  return deps.db.$transaction(async (tx) => {
    const failure = { failureCode: reason.code, failureMessage: reason.message, failurePath: [...reason.path] };
    const move = { id: run.id, to, now: deps.clock(), ...(lease === undefined ? {} : { lease }) };
    if (!(await moveRun(tx, move, to === "FAILED" ? failure : {}))) return false;
    await undoRun(tx, run, reason);
    await tx.runStage.updateMany({ where: { runId: run.id, finishedAt: null }, data: { finishedAt: deps.clock() } });
    return true;
  });
}

function explainError(error: unknown, how: RunWork): Fault {
  if (error instanceof RefusedError && error.faults[0]) return error.faults[0];
  const explained = how.explain?.(error);
  if (explained) return explained;
  if (error instanceof StoreFullError) return fault("DISK_FULL", `${error.message.replace(/\.?$/, ".")} Then retry the run.`);
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT")
    return fault(
      "DISK_FULL",
      "The disk is full. Free some space where the objects and the scratch folder are, then retry the run.",
    );
  return fault(
    "INTERNAL",
    `The worker failed: ${message ?? String(error)}. Retry the run; if it fails again, see the worker's log.`,
  );
}
