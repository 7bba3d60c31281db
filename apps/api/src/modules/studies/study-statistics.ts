import type { Deps } from "../../deps.ts";
import type { Actor } from "../accounts/actor.ts";
import { fault } from "../refuse.ts";
import { cancelRun } from "../runs/cancel-run.ts";
import { retryRun } from "../runs/retry-run.ts";
import { StudyFault } from "./study-models.ts";

const ended = ["FAILED" as const, "CANCELLED" as const];
const open = ["QUEUED" as const, "RUNNING" as const];

/** Whether trials can be merged yet: everything that they need has been measured. @throws StudyFault when something could not be */
export async function statisticsAreThere(deps: Deps, studyId: string): Promise<boolean> {
  const missing = await deps.db.statistic.findMany({
    where: { studies: { some: { studyId } }, state: { not: "SUCCEEDED" } },
    select: { state: true, run: { select: { title: true, failureMessage: true } } },
  });
  const broken = missing.find(({ state }) => state === "FAILED" || state === "CANCELLED");
  if (broken) {
    const why = broken.run?.failureMessage ?? "it was cancelled";
    throw new StudyFault(
      fault("NOT_MEASURED", `${broken.run?.title ?? "A statistic"}: ${why}. Resume the study to have it measured again.`, [
        "recipe",
      ]),
    );
  }
  return missing.length === 0;
}

/** Stops what is measured for this study alone; what others wait for goes on. */
export async function cancelMeasuring(deps: Deps, actor: Actor, studyId: string): Promise<void> {
  const others = {
    OR: [
      { studies: { some: { studyId: { not: studyId }, study: { state: { in: open } } } } },
      { merges: { some: { run: { state: { in: open } } } } },
    ],
  };
  const runs = await deps.db.run.findMany({
    where: {
      kind: "STATISTIC",
      state: { in: open },
      AND: [{ statistics: { some: { studies: { some: { studyId } } } } }, { statistics: { none: others } }],
    },
    select: { id: true },
  });
  for (const { id } of runs) await cancelRun(deps, actor, id);
}

/** Takes up again what could not be measured, or was cancelled. */
export async function retryMeasuring(deps: Deps, actor: Actor, studyId: string): Promise<void> {
  const runs = await deps.db.run.findMany({
    where: { state: { in: ended }, statistics: { some: { state: { in: ended }, studies: { some: { studyId } } } } },
    select: { id: true },
  });
  for (const { id } of runs) await retryRun(deps, actor, id);
}
