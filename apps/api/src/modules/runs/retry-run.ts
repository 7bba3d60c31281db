import type { Deps } from "../../deps.ts";
import { Prisma, type Run, type RunKind } from "../../generated/prisma/client.ts";
import type { JobName } from "../../platform/queue.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { refuse } from "../refuse.ts";
import { moveRun } from "./run.state.ts";

export const jobOf: Readonly<Record<RunKind, JobName>> = {
  VERIFICATION: "verify-version",
  MERGE: "execute-merge",
  EVALUATION: "evaluate",
  STATISTIC: "measure-statistics",
};

/** Puts a run that failed or was cancelled back into the queue. */
export async function retryRun(deps: Deps, actor: Actor, id: string): Promise<Run> {
  authorise(actor, "write");
  const run = await deps.db.run.findUnique({ where: { id } });
  if (!run) refuse("NOT_FOUND", "There is no such run.", ["id"]);
  try {
    await deps.db.$transaction(async (tx) => {
      const move = { id, to: "QUEUED", from: ["FAILED", "CANCELLED"], now: deps.clock() } as const;
      if (!(await moveRun(tx, move, { attempts: 0, startedAt: null })))
        refuse(
          "RUN_NOT_ENDED",
          `Only a run that failed or was cancelled can be retried; this one is ${run.state.toLowerCase()}.`,
          ["id"],
        );
      await tx.runStage.deleteMany({ where: { runId: id } });
      await reopen(tx, run);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    refuse("SUPERSEDED", "The same work was asked for again since, and that is on its way or done.", ["id"]);
  }
  await retryNeeds(deps, actor, id);
  await deps.queue.add(jobOf[run.kind], id);
  return deps.db.run.findUniqueOrThrow({ where: { id } });
}

/** What a merge waits for is tried again with it. */
async function retryNeeds(deps: Deps, actor: Actor, id: string): Promise<void> {
  const ended = { state: { in: ["FAILED" as const, "CANCELLED" as const] } };
  const runs = await deps.db.run.findMany({
    where: { ...ended, statistics: { some: { ...ended, merges: { some: { runId: id } } } } },
    select: { id: true },
  });
  for (const run of runs) await retryRun(deps, actor, run.id);
}

async function reopen(tx: Prisma.TransactionClient, run: Run): Promise<void> {
  const where = { runId: run.id, state: { in: ["FAILED" as const, "CANCELLED" as const] } };
  if (run.kind === "EVALUATION") return void (await tx.evaluation.updateMany({ where, data: { state: "QUEUED" } }));
  if (run.kind === "STATISTIC") return void (await tx.statistic.updateMany({ where, data: { state: "QUEUED" } }));
  await tx.modelVersion.updateMany({
    where: { id: run.versionId, state: "REJECTED" },
    data: { state: "VERIFYING", rejectionCode: null, rejectionMessage: null, rejectionPath: [] },
  });
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
}
