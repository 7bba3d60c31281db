import { type Fault, RefusedError } from "@amalgam/engine/merge";
import type { Space } from "@amalgam/engine/tune";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { parseInput } from "../refuse.ts";
import { averageRecipe, isScaleStudy, scaleBudget, scaledRecipe } from "./baseline-recipe.ts";
import { prepareStudy } from "./prepare-study.ts";
import { startInput } from "./study-input.ts";

export interface StudyCheck {
  readonly ok: boolean;
  readonly faults: readonly Fault[];
  readonly space: Space;
  /** Trials of the baselines, which come on top of the budget. */
  readonly baselines: number;
  readonly taskNames: readonly string[];
}

/** Says what a study would search and on what, or everything that is wrong with it. */
export async function checkStudy(deps: Deps, actor: Actor, raw: unknown): Promise<StudyCheck> {
  authorise(actor, "read");
  try {
    const { merge, space, tasks } = await prepareStudy(deps, parseInput(startInput, raw));
    const { recipe, parents } = merge;
    const average = averageRecipe(
      recipe,
      parents.some((parent) => parent.space === "delta"),
    );
    const hasScale = !isScaleStudy(recipe, space) && scaledRecipe(recipe, 0.3) !== null;
    const baselines = (average === null ? 0 : 1) + (hasScale ? scaleBudget + 1 : 0);
    return { ok: true, faults: [], space, baselines, taskNames: tasks.map(({ task }) => task.name) };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { ok: false, faults: error.faults, space: [], baselines: 0, taskNames: [] };
  }
}
