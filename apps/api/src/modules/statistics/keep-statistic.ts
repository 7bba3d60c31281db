import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import type { Deps } from "../../deps.ts";
import { blobKey } from "../../platform/object-store.ts";
import type { PointCost } from "./measurer.ts";

/** Moves a measured file into the blob store and notes it in its row; nothing is noted when the run has been taken away meanwhile. */
export async function keepStatistic(
  deps: Deps,
  held: { readonly id: string; readonly runId: string; readonly lease: string },
  { file, cost }: { readonly file: string; readonly cost: PointCost },
): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  const sha256 = hash.digest("hex");
  const sizeBytes = BigInt((await fs.stat(file)).size);
  await deps.store.putFile(blobKey(sha256), file);
  const { seconds, passes, truncated, peakMemoryBytes } = cost;
  const measured = { seconds, passes, truncated, peakMemoryBytes: BigInt(Math.round(peakMemoryBytes)) };
  await deps.db.$transaction(async (tx) => {
    await tx.blob.createMany({ data: { sha256, sizeBytes }, skipDuplicates: true });
    await tx.statistic.updateMany({
      where: { id: held.id, runId: held.runId, run: { lease: held.lease } },
      data: { ...measured, state: "SUCCEEDED", blobSha256: sha256, sizeBytes, finishedAt: deps.clock() },
    });
  });
  await tellThoseWhoWait(deps, held.id);
}

/** Pages of merges and studies that wait for it show how far it is. */
async function tellThoseWhoWait(deps: Deps, statisticId: string): Promise<void> {
  const open = { in: ["QUEUED" as const, "RUNNING" as const] };
  const some = { needs: { some: { statisticId } }, state: open };
  const merges = await deps.db.run.findMany({ where: some, select: { id: true } });
  const studies = await deps.db.study.findMany({ where: some, select: { id: true } });
  for (const { id } of merges) await deps.notifications.publish("run", id);
  for (const { id } of studies) await deps.notifications.publish("study", id);
}
