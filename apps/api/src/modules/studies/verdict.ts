import {
  countDisagreements,
  kindFacts,
  meanDifference,
  pairedTask,
  separateTask,
  type TaskDifference,
} from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import { kindName } from "../evaluations/task-kind.ts";
import { paramsIn, type StudyView, trialsOf } from "./load-study.ts";

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The best of a study against one of its baselines, on the report splits. */
export interface Comparison {
  readonly baseline: "PARENT" | "AVERAGE" | "TASK_ARITHMETIC";
  /** As people name it: a ref, "average", "task arithmetic at λ 0.52" */
  readonly title: string;
  readonly mean: number;
  /** Best minus baseline, in the unit of the scores; more is better, whatever the metric */
  readonly difference: Interval;
  readonly sentence: string;
}

export interface Verdict {
  readonly mean: number;
  readonly scores: readonly ReportScore[];
  readonly comparisons: readonly Comparison[];
}

interface ReportScore {
  readonly splitId: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number | null;
  readonly correct: Uint8Array | null;
}

type Contender = Pick<Comparison, "baseline" | "title"> & { readonly scores: readonly ReportScore[] };

/** Null until the best has a score on every report split. A baseline without all of its scores is left out. */
export async function readVerdict(deps: Deps, study: StudyView): Promise<Verdict | null> {
  const splits = study.tasks.map(({ reportSplitId }) => reportSplitId);
  const best =
    study.bestVersionId &&
    (await deps.db.modelVersion.findUnique({ where: { id: study.bestVersionId }, select: { digest: true } }));
  if (!best || best.digest === null) return null;
  const scores = await versionScores(deps, best.digest, splits);
  if (scores.length < splits.length) return null;
  const contenders: Contender[] = [];
  for (const { role, digest, ref } of study.parents)
    if (role === "PARENT") contenders.push({ baseline: "PARENT", title: ref, scores: await versionScores(deps, digest, splits) });
  for (const role of ["AVERAGE", "TASK_ARITHMETIC"] as const) {
    const trial = trialsOf(study.trials, role).find(({ state }) => state === "COMPLETE");
    if (trial === undefined) continue;
    const lambda = paramsIn(trial)["lambda"];
    const title = lambda === undefined ? "the average" : `task arithmetic at λ ${lambda.toFixed(2)}`;
    contenders.push({ baseline: role, title, scores: await trialScores(deps, trial.id, splits) });
  }
  const lowerIsBetter = study.tasks.map(({ task }) => kindFacts[kindName(task.kind)].lowerIsBetter);
  const whole = contenders.filter((each) => each.scores.length === splits.length);
  return { mean: meanOf(scores), scores, comparisons: whole.map((each) => compare(scores, each, lowerIsBetter)) };
}

const fields = { splitId: true, value: true, low: true, high: true, n: true, correct: true } as const;

async function versionScores(deps: Deps, digest: string, splits: readonly string[]): Promise<ReportScore[]> {
  const where = { versionDigest: digest, splitId: { in: [...splits] }, state: "SUCCEEDED" as const };
  return inOrder(await deps.db.evaluation.findMany({ where, select: fields }), splits);
}

async function trialScores(deps: Deps, trialId: string, splits: readonly string[]): Promise<ReportScore[]> {
  return inOrder(await deps.db.trialScore.findMany({ where: { trialId, splitId: { in: [...splits] } }, select: fields }), splits);
}

type Row = Omit<ReportScore, "value"> & { readonly value: number | null };

const inOrder = (rows: readonly Row[], splits: readonly string[]): ReportScore[] =>
  splits.flatMap((splitId) => {
    const row = rows.find((each) => each.splitId === splitId);
    return row && row.value !== null ? [{ ...row, value: row.value }] : [];
  });

const meanOf = (scores: readonly ReportScore[]): number => scores.reduce((sum, { value }) => sum + value, 0) / scores.length;

function compare(best: readonly ReportScore[], contender: Contender, lowerIsBetter: readonly boolean[]): Comparison {
  const tasks = best.map((score, i) => {
    const other = contender.scores[i] ?? score;
    const difference = differenceOf(score, other);
    return lowerIsBetter[i] === true ? { ...difference, value: -difference.value, centre: -difference.centre } : difference;
  });
  const difference = meanDifference(tasks);
  const { baseline, title, scores } = contender;
  return { baseline, title, mean: meanOf(scores), difference, sentence: sentenceOf(difference, title) };
}

/** Paired where both have answered the same examples right or wrong. */
function differenceOf(a: ReportScore, b: ReportScore): TaskDifference {
  if (a.correct === null || b.correct === null || a.n === null || a.n !== b.n) return separateTask(a, b);
  return pairedTask(countDisagreements({ bits: a.correct, n: a.n }, { bits: b.correct, n: b.n }));
}

/** "+1.2 points ± 0.9 over the average": never more than the interval allows. */
export function sentenceOf({ value, low, high }: Interval, title: string): string {
  const half = (high - low) / 2;
  const points = `${value < 0 ? "−" : "+"}${(100 * Math.abs(value)).toFixed(1)} points`;
  const size = Number.isFinite(half) ? `${points} ± ${(100 * half).toFixed(1)}` : points;
  if (low > 0) return `${size} over ${title}`;
  if (high < 0) return `${size}: worse than ${title}`;
  return `${size}: cannot be told apart from ${title}`;
}
