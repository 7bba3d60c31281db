import { meanDifference } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import type { SplitPurpose } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { compareScores, type LooseInterval, type TaskComparison } from "./board-differences.ts";
import type { Score } from "./leaderboard.ts";
import { loadScored, type SuiteInput } from "./load-scored.ts";

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
  { first, second, ...input }: { first: string; second: string } & SuiteInput,
): Promise<Comparison> {
  authorise(actor, "read");
  const refs = [
    { ref: first, path: ["first"] },
    { ref: second, path: ["second"] },
  ];
  const { suite, versions, unit, scored } = await loadScored(deps, refs, input);
  const tasks = await Promise.all(
    scored.map(async ({ task, scores: [a = null, b = null] }): Promise<ComparedTask> => {
      const comparison = a && b ? await compareScores(deps, task, [a, b]) : null;
      return { taskId: task.id, lowerIsBetter: task.lowerIsBetter, first: a, second: b, comparison };
    }),
  );
  return {
    suiteId: suite.id,
    purpose: input.purpose,
    firstId: versions[0]?.id ?? "",
    secondId: versions[1]?.id ?? "",
    tasks,
    mean: meanOf(
      tasks.map(({ comparison }) => comparison),
      unit,
    ),
    unit,
  };
}

/** Over the tasks that both are scored on; null when there is none, or when units differ. */
export function meanOf(comparisons: readonly (TaskComparison | null)[], unit: string | null): LooseInterval | null {
  const known = comparisons.flatMap((each) => each ?? []);
  return unit !== null && known.length > 0 ? finite(meanDifference(known)) : null;
}

/** Limits that are unknown are null, not infinite. */
export const finite = ({ value, low, high }: { value: number; low: number; high: number }): LooseInterval => ({
  value,
  low: Number.isFinite(low) ? low : null,
  high: Number.isFinite(high) ? high : null,
});
