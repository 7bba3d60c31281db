import type { Deps } from "../../deps.ts";
import { requestScores } from "../evaluations/request-evaluation.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { fault, refuse } from "../refuse.ts";
import type { StudyView } from "./load-study.ts";
import { StudyFault } from "./study-models.ts";

/** Asks for what a normalised mean divides by: the score of each task's expert on its search split. */
export async function askForExperts(deps: Deps, study: StudyView): Promise<void> {
  for (const { task, searchSplit } of study.tasks) {
    if (task.expertId === null)
      refuse("NO_EXPERT", `The task ${task.namespace}/${task.name} has no expert, so its score cannot be normalised.`, [
        "aggregate",
      ]);
    const version = await deps.db.modelVersion.findUniqueOrThrow({ where: { id: task.expertId }, include: { model: true } });
    if (version.digest === null) continue;
    const ready: ReadyVersion = { ...version, digest: version.digest };
    const { run } = await deps.db.$transaction((tx) =>
      requestScores(tx, { version: ready, splits: [searchSplit], purpose: "SEARCH" }),
    );
    if (run) await deps.queue.add("evaluate", run.id);
  }
}

export async function expertScores(deps: Deps, study: StudyView) {
  const experts = await deps.db.modelVersion.findMany({
    where: { id: { in: study.tasks.flatMap(({ task }) => task.expertId ?? []) } },
    select: { id: true, digest: true },
  });
  const rows = await deps.db.evaluation.findMany({
    where: {
      versionDigest: { in: experts.flatMap(({ digest }) => digest ?? []) },
      splitId: { in: study.tasks.map(({ searchSplitId }) => searchSplitId) },
    },
  });
  return study.tasks.map(({ task, searchSplitId }) => {
    const digest = experts.find(({ id }) => id === task.expertId)?.digest;
    return rows.find((row) => row.versionDigest === digest && row.splitId === searchSplitId) ?? null;
  });
}

/** Whether the trials' values can be computed yet. @throws StudyFault when an expert's score failed */
export async function expertsAreScored(deps: Deps, study: StudyView): Promise<boolean> {
  if (study.aggregate !== "NORMALISED_MEAN") return true;
  const scores = await expertScores(deps, study);
  scores.forEach((score, i) => {
    if (score !== null && score.state !== "FAILED" && score.state !== "CANCELLED") return;
    const name = study.tasks[i]?.task.name;
    throw new StudyFault(
      fault(
        "EXPERT_NOT_SCORED",
        `${name}: the score of its expert on the search split, which others are divided by, is missing. Retry that run, then resume.`,
        ["aggregate"],
      ),
    );
  });
  return scores.every((score) => score?.state === "SUCCEEDED");
}
