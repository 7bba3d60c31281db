import type { Deps } from "../../deps.ts";
import type { Study } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { refuse } from "../refuse.ts";
import { engineChanged } from "./advance-study.job.ts";
import { engineVersionOf } from "./engine-version.ts";
import { loadStudy, recipeOf } from "./load-study.ts";
import { moveStudy } from "./study.state.ts";
import { retryMeasuring } from "./study-statistics.ts";

/**
 * Goes on with a study that was stopped or failed, or with a larger budget. Trials that were cut off run again first, so the sequence is that of a study that
 * was never stopped.
 */
export async function resumeStudy(
  deps: Deps,
  actor: Actor,
  { id, budget }: { id: string; budget?: number | null },
): Promise<Study> {
  authorise(actor, "write");
  const study = await loadStudy(deps, id);
  if (!study) refuse("NOT_FOUND", "There is no such study.", ["id"]);
  const current = engineVersionOf(recipeOf(study));
  if (current !== study.engineVersion) refuse("ENGINE_CHANGED", engineChanged(study.engineVersion, current).message, ["id"]);
  if (budget != null && (!Number.isInteger(budget) || budget < 1 || budget > 2000))
    refuse("INVALID_INPUT", "A budget is a whole number of trials from 1 to 2000.", ["budget"]);
  if (study.state === "QUEUED" || study.state === "RUNNING")
    refuse("STUDY_RUNS", "This study has not ended, so there is nothing to resume.", ["id"]);
  if (study.state === "SUCCEEDED") checkMoreIsLeft(study, budget ?? 0);
  const now = deps.clock();
  await deps.db.$transaction(async (tx) => {
    const fresh = {
      stopRequestedAt: null,
      endReason: null,
      failureCode: null,
      failureMessage: null,
      failurePath: [],
      reportAskedAt: null,
    };
    if (!(await moveStudy(tx, { id, to: "QUEUED", now }, { ...fresh, ...(budget == null ? {} : { budget }) })))
      refuse("STUDY_RUNS", "This study has not ended, so there is nothing to resume.", ["id"]);
    const data = { state: "QUEUED", finishedAt: null, attempts: 0 } as const;
    await tx.trial.updateMany({ where: { studyId: id, state: "CANCELLED" }, data });
  });
  await retryMeasuring(deps, actor, id);
  await deps.queue.add("advance-study", id);
  return deps.db.study.findUniqueOrThrow({ where: { id } });
}

/** The rule that ended a search would end it again at once. */
function checkMoreIsLeft({ endReason, budget }: Study, wanted: number): void {
  if (endReason !== "budget" && endReason !== null)
    refuse(
      "NOTHING_LEFT",
      "This study ended because no more improvement was expected, and more budget changes nothing about that. Start a new one with a larger patience.",
      ["id"],
    );
  if (wanted <= budget)
    refuse("NOTHING_LEFT", `This study has spent its budget of ${budget} trials; resume it with a larger one.`, ["budget"]);
}
