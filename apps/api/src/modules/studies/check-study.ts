import { type Fault, RefusedError } from "@amalgam/engine/merge";
import type { Space } from "@amalgam/engine/tune";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { parseInput } from "../refuse.ts";
import { averageRecipe, isScaleStudy, scaleBudget, scaledRecipe } from "./baseline-recipe.ts";
import { prepareStudy } from "./prepare-study.ts";
import { type StartInput, startInput } from "./study-input.ts";

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
  const { input, faults } = readInput(raw);
  if (input === null) return refused(faults);
  try {
    const { merge, space, tasks } = await prepareStudy(deps, input);
    if (faults.length > 0) return refused(faults);
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
    return refused([...faults, ...error.faults]);
  }
}

const refused = (faults: readonly Fault[]): StudyCheck => ({ ok: false, faults, space: [], baselines: 0, taskNames: [] });

/** A number that is out of bounds does not keep us from looking at the rest: it is left at its default for that. */
function readInput(raw: unknown): { input: StartInput | null; faults: readonly Fault[] } {
  const fields = raw as Readonly<Record<string, unknown>>;
  const read = (value: unknown) => {
    try {
      return { input: parseInput(startInput, value), faults: [] };
    } catch (error) {
      if (error instanceof RefusedError) return { input: null, faults: error.faults };
      throw error;
    }
  };
  const whole = read(fields);
  if (whole.input !== null) return whole;
  const bad = new Set(whole.faults.map(({ path }) => path[0]));
  return { ...read(Object.fromEntries(Object.entries(fields).filter(([key]) => !bad.has(key)))), faults: whole.faults };
}
