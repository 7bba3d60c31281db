import fs from "node:fs/promises";
import path from "node:path";
import { type Fault, RefusedError } from "@amalgam/engine/merge";
import { kindFacts } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import { StoreFullError } from "../../platform/object-store.ts";
import { AbortedError } from "../../platform/queue.ts";
import { isDatabaseFault } from "../database-fault.ts";
import { EvaluationFailedError, type Evaluator } from "../evaluations/evaluator.ts";
import { kindName } from "../evaluations/task-kind.ts";
import { fault } from "../refuse.ts";
import { advanceStudy, engineChanged } from "./advance-study.job.ts";
import { engineVersionOf } from "./engine-version.ts";
import { expertScores } from "./expert-scores.ts";
import { failStudy } from "./fail-study.ts";
import { loadStudy, paramsIn, recipeOf, type StudyView } from "./load-study.ts";
import { mergeTrial, trialRecipe } from "./merge-trial.ts";
import { isBaseline } from "./next-step.ts";
import { ObjectiveError, objectiveOf } from "./objective.ts";
import { type ScoredSplit, scoreTrial } from "./score-trial.ts";
import { loadModels, StudyFault } from "./study-models.ts";
import type { Suggester } from "./suggester.ts";
import { type Costs, endTrial, leaseTrial, releaseTrial, type TrialLease } from "./trial-lease.ts";

/** Merges and scores one trial, notes the value, deletes the weights, and takes the study further. Safe to run twice: the same trial gives the same value. */
export async function runTrial(
  deps: Deps,
  { evaluator, suggester }: { evaluator: Evaluator; suggester: Suggester },
  id: string,
  jobSignal: AbortSignal,
): Promise<void> {
  const held = await leaseTrial(deps, id, jobSignal);
  const studyId = held?.trial.studyId ?? (await deps.db.trial.findUnique({ where: { id } }))?.studyId;
  if (held !== null) await perform(deps, evaluator, held);
  if (studyId !== undefined) await advanceStudy(deps, suggester, studyId);
}

async function perform(deps: Deps, evaluator: Evaluator, held: TrialLease): Promise<void> {
  const { trial, signal } = held;
  const study = await loadStudy(deps, trial.studyId);
  if (!study) return;
  const folder = path.join(deps.scratchDir, "trials", trial.id);
  const scratch = path.join(folder, trial.lease);
  let costs: Costs = {};
  try {
    const engine = engineVersionOf(recipeOf(study));
    if (engine !== study.engineVersion) throw new StudyFault(engineChanged(study.engineVersion, engine));
    // What an earlier attempt left is of no use to anybody.
    await fs.rm(folder, { recursive: true, force: true });
    await fs.mkdir(scratch, { recursive: true });
    const models = await loadModels(deps, study);
    const recipe = trialRecipe(recipeOf(study), models, { role: trial.role, params: paramsIn(trial) });
    const merged = await mergeTrial(deps, { recipe, models, scratch, signal });
    costs = { identity: merged.identity, mergeSeconds: merged.seconds };
    const started = performance.now();
    const splits = study.tasks.flatMap(({ task, searchSplit, reportSplit }) =>
      [searchSplit, ...(isBaseline(trial.role) && reportSplit.id !== searchSplit.id ? [reportSplit] : [])].map((split) => ({
        task,
        split,
      })),
    );
    const scored = await scoreTrial(deps, evaluator, { model: merged.folder, splits, scratch, signal });
    costs = { ...costs, evaluateSeconds: (performance.now() - started) / 1000 };
    const outcome = { state: "COMPLETE", ...(await objectiveValue(deps, study, scored)) } as const;
    held.close();
    await endTrial(deps, trial, { outcome, costs, scores: scored.map(scoreRow) });
  } catch (error) {
    held.close();
    await settle(deps, held, costs, signal.aborted ? signal.reason : error);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

async function objectiveValue(deps: Deps, study: StudyView, scored: readonly ScoredSplit[]) {
  const experts = study.aggregate === "NORMALISED_MEAN" ? await expertScores(deps, study) : [];
  const { value, low, high } = objectiveOf(
    study.aggregate,
    study.tasks.flatMap(({ task, searchSplitId }, i) => {
      const found = scored.find(({ split }) => split.id === searchSplitId);
      if (found === undefined) return [];
      const expert = experts[i];
      const { lowerIsBetter, metric } = kindFacts[kindName(task.kind)];
      return {
        task: task.name,
        lowerIsBetter,
        isShare: metric === "accuracy" || metric === "exact_match",
        score: found.score,
        expert: expert?.value == null ? null : { value: expert.value, low: expert.low, high: expert.high },
      };
    }),
  );
  return { value, low, high };
}

const scoreRow = ({ split, score: { value, n, low, high, correct, seconds } }: ScoredSplit) => ({
  splitId: split.id,
  value,
  n,
  low,
  high,
  correct: correct && Uint8Array.from(correct),
  seconds,
});

/** A trial that was taken away ends silently; one whose numbers are no good is recorded as failed; what no other trial can survive ends the study. */
async function settle(deps: Deps, { trial }: TrialLease, costs: Costs, error: unknown): Promise<void> {
  const log = deps.log.child({ trialId: trial.id, studyId: trial.studyId });
  if (error instanceof AbortedError) {
    log.info({ reason: error.reason }, "trial stopped");
    if (error.reason !== "shutdown") return;
    await releaseTrial(deps, trial);
    throw error;
  }
  if (isDatabaseFault(error)) throw error;
  const ofStudy = studyFaultOf(error);
  if (ofStudy !== null) return failStudy(deps, trial.studyId, ofStudy);
  const { code, message } = trialFaultOf(error);
  log.warn({ err: error, code }, "trial failed");
  await endTrial(deps, trial, { outcome: { state: "FAILED", errorCode: code, errorMessage: message }, costs, scores: [] });
}

function studyFaultOf(error: unknown): Fault | null {
  if (error instanceof StudyFault) return error.reason;
  if (error instanceof RefusedError) return error.faults.find(({ code }) => code === "DISK_FULL") ?? null;
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof StoreFullError || code === "ENOSPC" || code === "EDQUOT")
    return fault(
      "DISK_FULL",
      "The disk is full. Free some space where the objects and the scratch folder are, then resume the study.",
    );
  return null;
}

function trialFaultOf(error: unknown): Fault {
  if (error instanceof RefusedError && error.faults[0]) return error.faults[0];
  if (error instanceof EvaluationFailedError) return fault("EVALUATION_FAILED", error.message);
  if (error instanceof ObjectiveError) return fault("BAD_OBJECTIVE", error.message);
  return fault("INTERNAL", `The worker failed: ${(error as Error)?.message ?? String(error)}.`);
}
