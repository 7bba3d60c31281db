import type { Deps } from "./deps.ts";
import { recordBackends } from "./modules/evaluations/describe-backends.ts";
import { evaluate } from "./modules/evaluations/evaluate.job.ts";
import { createEvaluator } from "./modules/evaluations/evaluator.ts";
import { executeMerge } from "./modules/merges/execute-merge.job.ts";
import { verifyVersion } from "./modules/models/verify-version.job.ts";
import { sweepRuns } from "./modules/runs/sweep-runs.ts";
import { sweepScratch } from "./modules/runs/sweep-scratch.ts";
import { measureStatistics } from "./modules/statistics/measure-statistics.job.ts";
import { advanceStudy } from "./modules/studies/advance-study.job.ts";
import { runTrial } from "./modules/studies/run-trial.job.ts";
import { createSuggester } from "./modules/studies/suggester.ts";
import { sweepStudies } from "./modules/studies/sweep-studies.ts";
import { sweepTrials } from "./modules/studies/sweep-trials.ts";
import { collectGarbage } from "./modules/uploads/collect-garbage.ts";
import { createWorker, type JobHandler, type JobName } from "./platform/queue.ts";

const sweepEveryMs = 5000;
/** A study also waits for the merge and the scores of its best in this rhythm. */
const studiesEveryMs = 1000;
const collectEveryMs = 600_000;

export interface RunningWorker {
  /** Loads the network runtime ahead of the first evaluation and notes what it computes with. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

/** Takes jobs until closed, and now and then looks for work that was lost and bytes that nobody needs. */
export async function startWorker(
  deps: Deps,
  { databaseUrl, concurrency }: { databaseUrl: string; concurrency: number },
): Promise<RunningWorker> {
  const evaluator = createEvaluator();
  const suggester = createSuggester();
  const handlers: Record<JobName, JobHandler> = {
    "verify-version": (id, signal) => verifyVersion(deps, id, signal),
    "execute-merge": (id, signal) => executeMerge(deps, id, signal),
    evaluate: (id, signal) => evaluate(deps, evaluator, id, signal),
    "measure-statistics": (id, signal) => measureStatistics(deps, evaluator, id, signal),
    "advance-study": (id) => advanceStudy(deps, suggester, id),
    "run-trial": (id, signal) => runTrial(deps, { evaluator, suggester }, id, signal),
  };
  const worker = await createWorker(databaseUrl, handlers, {
    concurrency,
    onError: (error) => deps.log.warn({ err: error }, "the queue had a fault; it goes on by itself"),
    onDone: ({ name, id, seconds, error }) =>
      deps.log.info({ job: name, runId: id, seconds, ...(error && { err: error }) }, "job ended"),
  });
  const stops = [
    every(sweepEveryMs, () => sweepRuns(deps), deps),
    every(studiesEveryMs, () => sweepStudies(deps), deps),
    every(sweepEveryMs * 12, () => sweepTrials(deps), deps),
    every(sweepEveryMs * 12, () => sweepScratch(deps), deps),
    every(collectEveryMs, () => collectGarbage(deps), deps),
  ];
  return {
    warmUp: async () => recordBackends(deps, await evaluator.backends()),
    async close() {
      for (const stop of stops) stop();
      await worker.close();
      evaluator.close();
      suggester.close();
    },
  };
}

/** Runs `task` at once and then again after each pause; a failure is logged and tried again. */
function every(pauseMs: number, task: () => Promise<unknown>, { log }: Deps): () => void {
  let timer: NodeJS.Timeout;
  let isStopped = false;
  const turn = async () => {
    await task().catch((error: Error) => log.warn({ err: error }, "a periodic task failed"));
    if (!isStopped) timer = setTimeout(turn, pauseMs);
  };
  timer = setTimeout(turn, 0);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
