import { meanOfEstimates, normalisedMean } from "@amalgam/engine/scores";
import type { StudyAggregate } from "../../generated/prisma/client.ts";

interface LooseScore {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface TaskScore {
  readonly task: string;
  readonly lowerIsBetter: boolean;
  /** Whether the score is a share of the examples, and so lies between 0 and 1 */
  readonly isShare: boolean;
  readonly score: LooseScore;
  /** Of the task's own expert on the same split; for the normalised mean. */
  readonly expert: LooseScore | null;
}

/** A trial's scores cannot be made into one value. */
export class ObjectiveError extends Error {
  override readonly name = "ObjectiveError";
}

/**
 * The value that a study maximises:
 *   mean: Σ sᵢ/k    worst: min sᵢ    normalised mean: Σ (sᵢ / score of task i's own expert)/k
 * with a 95 % interval where every score has one. Where less is better, −s counts. @throws ObjectiveError
 */
export function objectiveOf(aggregate: StudyAggregate, tasks: readonly TaskScore[]): LooseScore {
  for (const { task, score, isShare } of tasks) {
    if (!Number.isFinite(score.value)) throw new ObjectiveError(`${task}: the score is ${score.value}, not a finite number.`);
    if (isShare && (score.value < 0 || score.value > 1))
      throw new ObjectiveError(`${task}: the score ${score.value} is outside 0 to 1.`);
  }
  if (aggregate === "NORMALISED_MEAN") return normalised(tasks);
  const rising = tasks.map(({ score, lowerIsBetter }) => (lowerIsBetter ? mirrored(score) : score));
  if (aggregate === "WORST") return rising.reduce((worst, each) => (each.value < worst.value ? each : worst));
  const value = rising.reduce((sum, each) => sum + each.value, 0) / rising.length;
  const bounded = rising.flatMap(({ value: at, low, high }) => (low === null || high === null ? [] : [{ value: at, low, high }]));
  return bounded.length === rising.length ? { ...meanOfEstimates(bounded), value } : { value, low: null, high: null };
}

const negative = (value: number | null): number | null => (value === null ? null : -value);
const mirrored = ({ value, low, high }: LooseScore): LooseScore => ({ value: -value, low: negative(high), high: negative(low) });

function normalised(tasks: readonly TaskScore[]): LooseScore {
  const found = normalisedMean(
    tasks.map(({ task, score, expert, lowerIsBetter }) => {
      if (expert === null) throw new ObjectiveError(`${task}: its expert has no score on the search split to divide by.`);
      return { score, expert, lowerIsBetter, isExpert: false, paired: null };
    }),
  );
  if (found === null) throw new ObjectiveError("An expert's score on the search split is 0, so nothing can be divided by it.");
  return found;
}
