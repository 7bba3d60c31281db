import type { Deps } from "../../deps.ts";
import type { Actor } from "../accounts/actor.ts";
import { requestScores } from "../evaluations/request-evaluation.ts";
import { requestMerge } from "../merges/request-merge.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { fault } from "../refuse.ts";
import { paramsIn, recipeOf, type StudyView, trialsOf } from "./load-study.ts";
import { bestOf } from "./next-step.ts";
import { recipeAt } from "./recipe-at.ts";
import { moveStudy } from "./study.state.ts";
import { StudyFault } from "./study-models.ts";

/** The study itself asks for the merge of its best trial; who started it was authorised then. */
const study: Actor = { accountId: "", name: "study", apiKeyId: "", scopes: ["read", "write"] };

/**
 * Brings a study to its end, a piece at a time: the best trial is merged as any merge is, and scored beside its parents on the report splits. Called
 * again until nothing is on its way any more.
 */
export async function finishStudy(deps: Deps, view: StudyView, reason: string): Promise<void> {
  const now = deps.clock();
  const to = reason === "stopped" ? "CANCELLED" : "SUCCEEDED";
  let versionId = view.bestVersionId;
  if (view.kind === "SEARCH") {
    const best = bestOf(trialsOf(view.trials, "SEARCH"));
    if (best === null) {
      await moveStudy(deps.db, { id: view.id, to: "CANCELLED", now }, { endReason: reason });
      return;
    }
    if (versionId === null || view.bestIndex !== best.index) return materialise(deps, view, best.index, reason);
  }
  versionId ??= ""; // deleted meanwhile
  const version = await mergedVersion(deps, versionId);
  if (version === null) return;
  if (view.reportAskedAt === null) return askForReport(deps, view, version);
  if (await isReported(deps, view, version)) await moveStudy(deps.db, { id: view.id, to, now }, { endReason: reason });
}

async function materialise(deps: Deps, view: StudyView, bestIndex: number, endReason: string): Promise<void> {
  const best = trialsOf(view.trials, "SEARCH").find(({ index }) => index === bestIndex);
  const recipe = recipeAt(recipeOf(view), best ? paramsIn(best) : {});
  const { namespace, name, aliases } = view;
  const { version } = await requestMerge(deps, study, { namespace, name, recipe, aliases });
  const data = { bestIndex, bestVersionId: version.id, endReason, reportAskedAt: null };
  await deps.db.study.updateMany({ where: { id: view.id, state: "RUNNING" }, data });
  await deps.notifications.publish("study", view.id);
}

/** The best as a version; null while it is being merged. @throws StudyFault when it cannot be */
export async function mergedVersion(deps: Deps, id: string): Promise<ReadyVersion | null> {
  const version = await deps.db.modelVersion.findUnique({ where: { id }, include: { model: true } });
  if (version?.state === "READY" && version.digest !== null) return { ...version, digest: version.digest };
  if (version?.state === "VERIFYING") return null;
  throw new StudyFault(
    fault(
      "BEST_NOT_MERGED",
      `What was to be judged could not be merged into a version: ${version?.rejectionMessage ?? "it was deleted"}`,
      ["recipe"],
    ),
  );
}

async function askForReport(deps: Deps, view: StudyView, best: ReadyVersion): Promise<void> {
  const splits = view.tasks.map(({ reportSplit }) => reportSplit);
  const parents = await deps.db.modelVersion.findMany({
    where: {
      id: { in: view.parents.flatMap(({ versionId, role }) => (role === "PARENT" && versionId !== null ? [versionId] : [])) },
      space: "weights",
    },
    include: { model: true },
  });
  const versions = [best, ...parents.flatMap((parent) => (parent.digest === null ? [] : [{ ...parent, digest: parent.digest }]))];
  const runs = await deps.db.$transaction(async (tx) => {
    const by = `study ${view.namespace}/${view.name}`;
    if (view.kind === "SEARCH")
      await tx.tunedOn.createMany({
        data: view.tasks.map(({ searchSplitId: splitId }) => ({ versionDigest: best.digest, splitId, by })),
        skipDuplicates: true,
      });
    const asked: string[] = [];
    for (const version of versions) {
      const { run } = await requestScores(tx, { version, splits, purpose: "REPORT" });
      if (run) asked.push(run.id);
    }
    await tx.study.updateMany({ where: { id: view.id }, data: { reportAskedAt: deps.clock() } });
    return asked;
  });
  for (const id of runs) await deps.queue.add("evaluate", id);
}

/** Whether nothing on the report splits is on its way any more; a score that failed leaves a gap, not a failed study. */
async function isReported(deps: Deps, view: StudyView, best: ReadyVersion): Promise<boolean> {
  const open = await deps.db.evaluation.count({
    where: {
      versionDigest: { in: [best.digest, ...view.parents.map(({ digest }) => digest)] },
      splitId: { in: view.tasks.map(({ reportSplitId }) => reportSplitId) },
      state: { in: ["QUEUED", "RUNNING", "CANCELLING"] },
    },
  });
  return open === 0;
}
