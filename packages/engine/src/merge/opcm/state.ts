import { z } from "zod";
import type { SurveyedTensor } from "../define-method.ts";
import { refuse } from "../fault.ts";
import type { MergeState } from "../prepare/whole-tensor.ts";

/** Beside the result of an OPCM merge, for a later one that goes on from it. */
export const stateFile = "opcm.json";

const stateSchema = z.object({
  version: z.literal(1),
  /** Models merged so far */
  count: z.int().min(1),
  /** n̄, the mean norm of their task vectors */
  meanNorm: z.number().min(0),
  /** λ = ‖D‖ / n̄: what the merged delta was divided by */
  lambda: z.number().positive(),
  /** Of the last arrivals, for people; null when tensors differed in it */
  alpha: z.number().nullish(),
});

/** @throws RefusedError for anything but a state of this version */
export function readState(json: unknown, label: string): MergeState {
  const read = stateSchema.safeParse(json);
  if (!read.success)
    throw refuse(
      "STATE_INVALID",
      `${label}: ${stateFile} is not a state that this version of Amalgam can go on from; take the result of the merge anew.`,
    );
  const { count, meanNorm, lambda } = read.data;
  return { count, meanNorm, lambda };
}

/** A merged delta below this share of the mean norm is what is left of vectors that cancel out, and is not blown up. */
const leastShare = 1e-12;

/**
 * Numbers of the whole model from those of its tensors: how much the merged delta D is scaled, so that it is as long as the task
 * vectors are on average, and what a later merge must know.
 *   n̄ = mean ‖τᵢ‖      scale = n̄ / ‖D‖      λ = ‖D‖ / n̄
 * Both are 1 where n̄ or D is zero.
 * @throws RefusedError when the first parent's state does not fit the base
 */
export function concludeArrivals(
  tensors: readonly SurveyedTensor[],
  state: MergeState | null,
  label: string,
): Readonly<Record<string, number>> {
  const names = Object.keys(tensors[0]?.numbers ?? {});
  const norm = (name: string): number => Math.sqrt(tensors.reduce((sum, { numbers }) => sum + (numbers[name] ?? 0), 0));
  if (state !== null) checkFit(norm("state"), state, label);
  const norms = names.filter((name) => name.startsWith("arrival.")).map(norm);
  const earlier = state?.["count"] ?? 0;
  const count = earlier + norms.length;
  const total = norms.reduce((sum, each) => sum + each, earlier * (state?.["meanNorm"] ?? 0));
  const meanNorm = count === 0 ? 0 : total / count;
  const merged = norm("merged");
  const isNothing = merged <= leastShare * meanNorm || meanNorm === 0;
  const alphas = new Set(tensors.map(({ numbers }) => numbers["alpha"] ?? 0));
  const [alpha = Number.NaN] = alphas.size === 1 ? alphas : [];
  return {
    alpha,
    scale: isNothing ? 1 : meanNorm / merged,
    lambda: isNothing ? 1 : merged / meanNorm,
    meanNorm,
    count,
  };
}

/** The merged delta of a state is as long as its mean norm says, but for the rounding of the type it was stored in. */
function checkFit(norm: number, state: MergeState, label: string): void {
  const meanNorm = state["meanNorm"] ?? 0;
  if (norm <= 2 * meanNorm && norm >= meanNorm / 2) return;
  const message = `${label} differs from the base by ${norm.toPrecision(4)}, but ${stateFile} says ${meanNorm.toPrecision(4)}; use the base that it was merged with, and keep states in F32.`;
  throw refuse("STATE_MISMATCH", message, ["parents", 0]);
}
