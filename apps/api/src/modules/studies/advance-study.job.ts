import type { Deps } from "../../deps.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import { fault } from "../refuse.ts";
import { engineVersionOf } from "./engine-version.ts";
import { expertsAreScored } from "./expert-scores.ts";
import { cancelTrials, failStudy } from "./fail-study.ts";
import { finishStudy, mergedVersion } from "./finish-study.ts";
import { anchorsIn, loadStudy, recipeOf, type StudyView, samplerOf, searchedSpace, trialsOf, tunedTrial } from "./load-study.ts";
import { nextStep, type Step } from "./next-step.ts";
import { scaleAnchors, scaleSampler, scaleSpace } from "./scale-search.ts";
import { isStudyOver, moveStudy } from "./study.state.ts";
import { loadModels, reasonOf } from "./study-models.ts";
import { statisticsAreThere } from "./study-statistics.ts";
import type { Suggester } from "./suggester.ts";

/**
 * Takes a study one step further: writes the next batch of trials, or brings it to its end. What comes next depends on the rows alone and
 * rows are written once, so it may be called by anybody at any time.
 */
export async function advanceStudy(deps: Deps, suggester: Suggester, id: string): Promise<void> {
  await moveToRunning(deps, id);
  const study = await loadStudy(deps, id);
  if (!study || isStudyOver(study.state)) return;
  try {
    await advance(deps, suggester, study);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    await failStudy(deps, id, reason);
  }
}

async function moveToRunning(deps: Deps, id: string): Promise<void> {
  const study = await deps.db.study.findUnique({ where: { id }, select: { state: true, startedAt: true } });
  if (study?.state !== "QUEUED") return;
  const now = deps.clock();
  await moveStudy(deps.db, { id, to: "RUNNING", now }, { startedAt: study.startedAt ?? now });
}

async function advance(deps: Deps, suggester: Suggester, study: StudyView): Promise<void> {
  const engine = engineVersionOf(recipeOf(study));
  if (engine !== study.engineVersion) return failStudy(deps, study.id, engineChanged(study.engineVersion, engine));
  // Baselines have time until there is something to judge.
  if (study.kind === "BASELINES" && (await mergedVersion(deps, study.bestVersionId ?? "")) === null) return;
  const { parents } = await loadModels(deps, study);
  if (study.stopRequestedAt !== null) await deps.db.$transaction((tx) => cancelTrials(tx, study.id, deps.clock()));
  else if (!(await expertsAreScored(deps, study)) || !(await statisticsAreThere(deps, study.id))) return;
  const step = nextStep(
    study,
    parents.some(({ space }) => space === "delta"),
  );
  if (step.kind === "fail") return failStudy(deps, study.id, step.reason);
  if (step.kind === "finish") return finishStudy(deps, study, step.reason);
  if (step.kind !== "wait") await writeTrials(deps, study, await trialsFor(suggester, study, step));
  await queueTrials(deps, study.id);
}

export const engineChanged = (made: string, current: string) =>
  fault(
    "ENGINE_CHANGED",
    `Its trials were made by ${made}, but this is ${current}, which may suggest others. Start a new study; the trials of two versions are never mixed.`,
    ["id"],
  );

type NewTrial = Omit<Prisma.TrialCreateManyInput, "studyId">;

async function trialsFor(
  suggester: Suggester,
  study: StudyView,
  step: Extract<Step, { kind: "suggest" | "fixed" }>,
): Promise<NewTrial[]> {
  if (step.kind === "fixed") return [{ role: step.role, index: 0, params: step.params, source: "fixed" }];
  const done = trialsOf(study.trials, step.role);
  const isSearch = step.role === "SEARCH";
  const suggestions = await suggester.suggest({
    space: isSearch ? searchedSpace(study) : scaleSpace,
    trials: done.map(tunedTrial),
    seed: study.seed,
    sampler: isSearch ? samplerOf(study) : scaleSampler,
    anchors: isSearch ? anchorsIn(study) : scaleAnchors(recipeOf(study)),
    count: step.count,
  });
  return suggestions.map(({ params, source, logImprovement, seconds }, i) => ({
    role: step.role,
    index: done.length + i,
    params,
    source,
    logImprovement: logImprovement ?? null,
    suggestSeconds: seconds,
  }));
}

/** Whoever comes first writes the batch; the others would have written the same. */
async function writeTrials(deps: Deps, { id: studyId }: StudyView, trials: readonly NewTrial[]): Promise<void> {
  await deps.db.$transaction(async (tx) => {
    // Under the study's row, so that a stop that was asked for meanwhile is not followed by new trials.
    const { count } = await tx.study.updateMany({
      where: { id: studyId, state: "RUNNING", stopRequestedAt: null },
      data: { state: "RUNNING" },
    });
    if (count === 0) return;
    await tx.trial.createMany({ data: trials.map((trial) => ({ ...trial, studyId })), skipDuplicates: true });
    await tx.$executeRaw`select pg_notify('study', ${studyId})`;
  });
}

async function queueTrials(deps: Deps, studyId: string): Promise<void> {
  const waiting = await deps.db.trial.findMany({
    where: { studyId, state: "QUEUED" },
    select: { id: true },
    orderBy: { index: "asc" },
  });
  for (const { id } of waiting) await deps.queue.add("run-trial", id);
}
