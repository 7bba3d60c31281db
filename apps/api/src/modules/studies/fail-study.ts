import type { Fault } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import { moveStudy } from "./study.state.ts";

/** Ends the study with a reason; its finished trials stay, its open ones are cancelled until it is resumed. */
export async function failStudy(deps: Deps, id: string, reason: Fault): Promise<void> {
  const now = deps.clock();
  await deps.db.$transaction(async (tx) => {
    const failure = { failureCode: reason.code, failureMessage: reason.message, failurePath: [...reason.path] };
    if (await moveStudy(tx, { id, to: "FAILED", now }, failure)) await cancelTrials(tx, id, now);
  });
  deps.log.warn({ studyId: id, code: reason.code }, "study failed");
}

/** Trials that wait or run stop; whoever works on one finds its lease gone. */
export async function cancelTrials(tx: Prisma.TransactionClient, studyId: string, now: Date): Promise<void> {
  await tx.trial.updateMany({
    where: { studyId, state: { in: ["QUEUED", "RUNNING"] } },
    data: { state: "CANCELLED", lease: null, heartbeatAt: null, finishedAt: now },
  });
  await tx.$executeRaw`select pg_notify('study-stop', ${studyId})`;
}
