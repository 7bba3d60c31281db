import { randomUUID } from "node:crypto";
import type { Deps } from "../../deps.ts";
import type { Trial } from "../../generated/prisma/client.ts";
import { AbortedError } from "../../platform/queue.ts";

/** A worker that dies again and again takes the trial with it: out of memory, most often. */
const mostAttempts = 5;
const heartbeatMs = 2000;

export interface TrialLease {
  readonly trial: Trial & { readonly lease: string };
  readonly signal: AbortSignal;
  close(): void;
}

/** Takes a trial: from the queue, or from a worker that is not heard of any more. Null when there is nothing to do. */
export async function leaseTrial(deps: Deps, id: string, jobSignal: AbortSignal): Promise<TrialLease | null> {
  const lease = randomUUID();
  const now = deps.clock();
  const { count } = await deps.db.trial.updateMany({
    where: { id, state: { in: ["QUEUED", "RUNNING"] }, study: { state: "RUNNING", stopRequestedAt: null } },
    data: { state: "RUNNING", lease, heartbeatAt: now, startedAt: now, attempts: { increment: 1 } },
  });
  if (count === 0) return null;
  const trial = await deps.db.trial.findUnique({ where: { id, lease } });
  if (trial === null) return null;
  if (trial.attempts > mostAttempts) {
    const errorMessage = `Gave up after ${mostAttempts} attempts: each time the worker died or lost its database. Memory is the usual cause.`;
    const data = {
      state: "FAILED",
      errorCode: "GAVE_UP",
      errorMessage,
      lease: null,
      heartbeatAt: null,
      finishedAt: now,
    } as const;
    await deps.db.trial.updateMany({ where: { id, lease }, data });
    return null;
  }
  await deps.notifications.publish("study", trial.studyId);
  return { trial: { ...trial, lease }, ...(await hold(deps, { id, lease, studyId: trial.studyId }, jobSignal)) };
}

async function hold(
  deps: Deps,
  { id, lease, studyId }: { id: string; lease: string; studyId: string },
  jobSignal: AbortSignal,
): Promise<Omit<TrialLease, "trial">> {
  const abort = new AbortController();
  const signal = AbortSignal.any([jobSignal, abort.signal]);
  /** Says that we live, and learns whether the trial is still ours. */
  const beat = async () => {
    const { count } = await deps.db.trial.updateMany({
      where: { id, lease, state: "RUNNING" },
      data: { heartbeatAt: deps.clock() },
    });
    if (count === 0) abort.abort(new AbortedError("lost"));
  };
  const beatSafely = () =>
    void beat().catch((error) => deps.log.warn({ trialId: id, err: error }, "could not write a heartbeat"));
  const timer = setInterval(beatSafely, heartbeatMs);
  const leave = await deps.notifications.subscribe("study-stop", (payload) => {
    if (payload === null || payload === studyId) beatSafely();
  });
  return {
    signal,
    close() {
      clearInterval(timer);
      leave();
    },
  };
}

type Outcome =
  | { readonly state: "COMPLETE"; readonly value: number; readonly low: number | null; readonly high: number | null }
  | { readonly state: "FAILED"; readonly errorCode: string; readonly errorMessage: string };

export interface Costs {
  readonly identity?: string;
  readonly mergeSeconds?: number;
  readonly evaluateSeconds?: number;
}

interface NewScore {
  readonly splitId: string;
  readonly value: number;
  readonly n: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly correct: Uint8Array<ArrayBuffer> | null;
  readonly seconds: number;
}

/** Ends the trial with its scores in one transaction; nothing is written when it has been taken away meanwhile. */
export async function endTrial(
  deps: Deps,
  { id, lease, studyId }: { id: string; lease: string; studyId: string },
  end: { readonly outcome: Outcome; readonly costs: Costs; readonly scores: readonly NewScore[] },
): Promise<void> {
  const { outcome, costs, scores } = end;
  await deps.db.$transaction(async (tx) => {
    const { count } = await tx.trial.updateMany({
      where: { id, lease, state: "RUNNING" },
      data: { ...outcome, ...costs, lease: null, heartbeatAt: null, finishedAt: deps.clock() },
    });
    if (count === 0) return;
    await tx.trialScore.deleteMany({ where: { trialId: id } });
    await tx.trialScore.createMany({ data: scores.map((score) => ({ ...score, trialId: id })) });
    await tx.$executeRaw`select pg_notify('study', ${studyId})`;
  });
}

/** Puts the trial back for another worker, not counted as an attempt. */
export async function releaseTrial(deps: Deps, { id, lease }: { id: string; lease: string }): Promise<void> {
  await deps.db.trial.updateMany({
    where: { id, lease, state: "RUNNING" },
    data: { state: "QUEUED", lease: null, heartbeatAt: null, attempts: { decrement: 1 } },
  });
}
