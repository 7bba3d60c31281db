import { type Fault, fault } from "./fault.ts";
import type { PlannedSource } from "./planned.ts";
import { methodOf, type Recipe } from "./recipe.ts";
import { isVarying } from "./settings.ts";

/** Any number of elements will do to see whether two selections keep equally many. */
const probe = 1_000_003;

/**
 * What is decided for the whole model cannot vary over it: parameters that a survey concludes from, and how much it selects from all
 * tensors together.
 */
export function checkSurvey(recipe: Recipe, sources: readonly PlannedSource[]): Fault[] {
  const method = methodOf(recipe);
  const { survey } = method;
  if (survey === null) return [];
  const faults = Object.entries(recipe.parameters).flatMap(([name, setting]) =>
    isVarying(setting) && (method.ofModel ?? []).includes(name) ? [varies(name, ["parameters", name])] : [],
  );
  const builds = new Set(sources.flatMap(({ build }) => build ?? []));
  const chosen = new Set(
    [...builds].map((build) =>
      JSON.stringify(
        survey.rounds.map((round) =>
          Object.entries(round(build).selections ?? {}).map(([name, { ties, keep }]) => [name, ties, keep(probe)]),
        ),
      ),
    ),
  );
  if (chosen.size > 1) faults.push(varies("What is selected", ["parameters"]));
  return faults;
}

const varies = (what: string, path: readonly string[]): Fault =>
  fault(
    "SETTING_VARIES",
    `${what} is decided for the whole model here, so it cannot vary over layers or tensors; give one value.`,
    path,
  );
