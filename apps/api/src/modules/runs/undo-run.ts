import type { Fault } from "@amalgam/engine/merge";
import type { Prisma, Run } from "../../generated/prisma/client.ts";

/** What a run that failed or was cancelled leaves: a version without verified bytes is rejected, open scores end with it. */
export async function undoRun(tx: Prisma.TransactionClient, run: Run, reason: Fault): Promise<void> {
  if (run.kind === "EVALUATION") {
    const state = reason.code === "CANCELLED" ? "CANCELLED" : "FAILED";
    await tx.evaluation.updateMany({ where: { runId: run.id, state: { in: ["QUEUED", "RUNNING"] } }, data: { state } });
    return;
  }
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
