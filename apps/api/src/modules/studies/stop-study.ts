import type { Deps } from "../../deps.ts";
import type { Study } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { refuse } from "../refuse.ts";
import { cancelTrials } from "./fail-study.ts";
import { isStudyOver } from "./study.state.ts";
import { cancelMeasuring } from "./study-statistics.ts";

/** Ends the search now. What was found is kept: the best trial so far becomes a version. Stopping twice is no fault. */
export async function stopStudy(deps: Deps, actor: Actor, id: string): Promise<Study> {
  authorise(actor, "write");
  const study = await deps.db.study.findUnique({ where: { id } });
  if (!study) refuse("NOT_FOUND", "There is no such study.", ["id"]);
  if (study.state === "CANCELLED" || study.stopRequestedAt !== null) return study;
  if (isStudyOver(study.state)) refuse("STUDY_ENDED", `This study has ended already (${study.state.toLowerCase()}).`, ["id"]);
  const now = deps.clock();
  await deps.db.$transaction(async (tx) => {
    await tx.study.updateMany({ where: { id, state: { in: ["QUEUED", "RUNNING"] } }, data: { stopRequestedAt: now } });
    await cancelTrials(tx, id, now);
    await tx.$executeRaw`select pg_notify('study', ${id})`;
  });
  await cancelMeasuring(deps, actor, id);
  await deps.queue.add("advance-study", id);
  return deps.db.study.findUniqueOrThrow({ where: { id } });
}
