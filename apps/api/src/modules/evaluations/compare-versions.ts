import { meanDifference } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import type { SplitPurpose } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { findByRef, type VersionWithModel } from "../models/version-ref.ts";
import { fault, refuse, refuseAll } from "../refuse.ts";
import { compareScores, type LooseInterval, type TaskComparison } from "./board-differences.ts";
import type { Score } from "./leaderboard.ts";
import { loadScores, toScore } from "./load-entries.ts";
import { loadSuite } from "./load-suite.ts";
import { toBoardTask } from "./read-leaderboard.ts";

export interface ComparedTask {
  readonly taskId: string;
  readonly lowerIsBetter: boolean;
  readonly first: Score | null;
  readonly second: Score | null;
  /** Null when one of the two has no score. */
  readonly comparison: TaskComparison | null;
}

export interface Comparison {
  readonly suiteId: string;
  readonly purpose: SplitPurpose;
  readonly firstId: string;
  readonly secondId: string;
  readonly tasks: readonly ComparedTask[];
  /** Over the tasks that both are scored on; null when there is none, or when their units differ. */
  readonly mean: LooseInterval | null;
  readonly unit: string | null;
}

/** First minus second on every task of a suite, over the same examples. */
export async function compareVersions(
  deps: Deps,
  actor: Actor,
  input: { first: string; second: string; namespace: string; suite: string; purpose: SplitPurpose },
): Promise<Comparison> {
  authorise(actor, "read");
  const suite = await loadSuite(deps, input.namespace, input.suite);
  if (!suite) refuse("NOT_FOUND", `There is no suite ${input.namespace}/${input.suite}.`.slice(0, 300), ["suite"]);
  const [first, second] = await findBoth(deps, [input.first, input.second]);
  const splits = suite.tasks.map((task) => task.splits.find(({ purpose }) => purpose === input.purpose) ?? null);
  const splitIds = splits.flatMap((split) => (split ? [split.id] : []));
  const digests = [first, second].flatMap(({ digest }) => digest ?? []);
  const stored = await loadScores(deps, splitIds, digests);
  const tasks = await Promise.all(
    suite.tasks.map(async (task, i): Promise<ComparedTask> => {
      const scoreOf = ({ digest }: VersionWithModel) => {
        const own = stored.find((each) => each.digest === digest)?.scores;
        const found = own?.find(({ splitId }) => splitId === splits[i]?.id);
        return found ? toScore(found, task.metric) : null;
      };
      const [a, b] = [scoreOf(first), scoreOf(second)];
      const boardTask = toBoardTask(task);
      const comparison = a && b ? await compareScores(deps, boardTask, [a, b]) : null;
      return { taskId: task.id, lowerIsBetter: boardTask.lowerIsBetter, first: a, second: b, comparison };
    }),
  );
  const units = new Set(suite.tasks.map((task) => toBoardTask(task).unit));
  const [unit = null] = units.size === 1 ? units : [];
  const known = tasks.flatMap(({ comparison }) => comparison ?? []);
  return {
    suiteId: suite.id,
    purpose: input.purpose,
    firstId: first.id,
    secondId: second.id,
    tasks,
    mean: unit !== null && known.length > 0 ? finite(meanDifference(known)) : null,
    unit,
  };
}

async function findBoth(deps: Deps, refs: readonly [string, string]): Promise<[VersionWithModel, VersionWithModel]> {
  const [first, second] = await Promise.all(refs.map((ref) => findByRef(deps, ref)));
  const missing = (ref: string, place: string) =>
    fault("NOT_FOUND", `There is no version ${JSON.stringify(ref.slice(0, 200))}. Write it as namespace/name@number.`, [place]);
  refuseAll([...(first ? [] : [missing(refs[0], "first")]), ...(second ? [] : [missing(refs[1], "second")])]);
  if (!first || !second) throw new Error("refused above");
  return [first, second];
}

/** Limits that are unknown are null, not infinite. */
export const finite = ({ value, low, high }: { value: number; low: number; high: number }): LooseInterval => ({
  value,
  low: Number.isFinite(low) ? low : null,
  high: Number.isFinite(high) ? high : null,
});
