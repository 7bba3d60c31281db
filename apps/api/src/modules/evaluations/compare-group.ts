import { meanDifference } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import type { SplitPurpose } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { fault, refuse, refuseAll } from "../refuse.ts";
import { compareScores, type LooseInterval, type TaskComparison } from "./board-differences.ts";
import { finite, meanOf } from "./compare-versions.ts";
import { loadMarks, markKey } from "./inherited-marks.ts";
import type { Score } from "./leaderboard.ts";
import { loadScored, type SuiteInput } from "./load-scored.ts";
import { reasonsOf, type TunedOnReason } from "./tuned-on-reasons.ts";

export const mostCompared = 6;

/** A score, and what it is ahead of that of the first version on the same examples; null for the first itself. */
export interface GroupCell {
  readonly score: Score | null;
  readonly overFirst: LooseInterval | null;
}

export interface GroupMember {
  readonly versionId: string;
  /** Mean difference to the first over the tasks that both are scored on. */
  readonly overFirst: LooseInterval | null;
  /** Tasks that both are scored on. */
  readonly sharedTasks: number;
  readonly tunedOnReasons: readonly TunedOnReason[];
}

export interface Group {
  readonly suiteId: string;
  readonly purpose: SplitPurpose;
  readonly unit: string | null;
  readonly members: readonly GroupMember[];
  readonly tasks: readonly { readonly taskId: string; readonly lowerIsBetter: boolean; readonly cells: readonly GroupCell[] }[];
}

/** Two to six versions task by task, each against the first over the same examples. Positive speaks for the other one. */
export async function compareGroup(
  deps: Deps,
  actor: Actor,
  { refs, ...input }: { refs: readonly string[] } & SuiteInput,
): Promise<Group> {
  authorise(actor, "read");
  if (refs.length < 2 || refs.length > mostCompared)
    refuse("OUT_OF_RANGE", `Name 2 to ${mostCompared} versions, not ${refs.length}.`, ["versions"]);
  const named = refs.map((ref, i) => ({ ref, path: ["versions", i] }));
  const { suite, versions, unit, scored, splitIds } = await loadScored(deps, named, input);
  refuseAll(
    versions.flatMap(({ id }, i) => {
      const first = versions.findIndex((each) => each.id === id);
      const message = `${JSON.stringify(refs[i])} is the same version as ${JSON.stringify(refs[first])}. Name each one once.`;
      return first < i ? [fault("REPEATED", message, ["versions", i])] : [];
    }),
  );
  const compared = await Promise.all(
    scored.map(({ task, scores }) =>
      Promise.all(
        scores.map(async (score, i): Promise<TaskComparison | null> => {
          const first = scores[0];
          return i > 0 && first && score ? compareScores(deps, task, [score, first]) : null;
        }),
      ),
    ),
  );
  const marks = await loadMarks(deps, splitIds);
  const splitOf = suite.tasks.map(({ splits }) => splits.find(({ purpose }) => purpose === input.purpose)?.id ?? "");
  return {
    suiteId: suite.id,
    purpose: input.purpose,
    unit,
    members: versions.map(({ id, digest }, i) => {
      const own = compared.map((row) => row[i] ?? null);
      const reasons = splitOf.map((splitId) => marks.get(markKey(digest ?? "", splitId)) ?? null);
      return {
        versionId: id,
        overFirst: meanOf(own, unit),
        sharedTasks: own.filter(Boolean).length,
        tunedOnReasons: reasonsOf(suite.tasks, reasons, input.purpose),
      };
    }),
    tasks: scored.map(({ task, scores }, row) => ({
      taskId: task.id,
      lowerIsBetter: task.lowerIsBetter,
      cells: scores.map((score, i) => {
        const comparison = compared[row]?.[i];
        return { score, overFirst: comparison ? finite(meanDifference([comparison])) : null };
      }),
    })),
  };
}
