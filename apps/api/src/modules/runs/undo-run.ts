import type { Fault } from "@amalgam/engine/merge";
import type { Prisma, Run } from "../../generated/prisma/client.ts";

/** What a run that failed or was cancelled leaves: a version without verified bytes is rejected, open scores and statistics end with it. */
export async function undoRun(tx: Prisma.TransactionClient, run: Run, reason: Fault): Promise<void> {
  const open = { runId: run.id, state: { in: ["QUEUED" as const, "RUNNING" as const] } };
  const data = { state: reason.code === "CANCELLED" ? ("CANCELLED" as const) : ("FAILED" as const) };
  if (run.kind === "EVALUATION") return void (await tx.evaluation.updateMany({ where: open, data }));
  if (run.kind === "STATISTIC") return void (await tx.statistic.updateMany({ where: open, data }));
  await tx.modelVersion.updateMany({
    where: { id: run.versionId, state: "VERIFYING" },
    data: {
      state: "REJECTED",
      rejectionCode: reason.code,
      rejectionMessage: reason.message,
      rejectionPath: [...reason.path],
    },
  });
}
