import type { MergeMethod } from "../define-method.ts";
import { type Fault, fault } from "../fault.ts";
import type { Recipe } from "../recipe.ts";
import {
  hasStatistics,
  listed,
  type PerModel,
  referencesIn,
  type StatisticHeader,
  type StatisticsNeed,
} from "./statistic-header.ts";

/** Whether a recipe names the statistics that its method needs, and no others. @param mayLack a model may have none yet */
export function checkStatisticsNamed(method: MergeMethod, recipe: Recipe, mayLack: boolean): Fault[] {
  const { statistics: need, title } = method;
  const given = referencesIn(recipe);
  if (need === undefined)
    return listed(given).map(({ path }) =>
      fault("STATISTICS_UNUSED", `${title} takes no statistics; remove them.`, path.slice(0, -1)),
    );
  const faults: Fault[] = [];
  if (recipe.slices !== null)
    faults.push(fault("SLICES_UNSUPPORTED", `${title} merges whole models; stack layers with another method first.`, ["slices"]));
  if (recipe.tokenizer !== null) {
    const why = `${title} weighs entries by where they stand in their model, and "tokenizer" moves rows; align the vocabularies by a merge of its own first.`;
    faults.push(fault("TOKENIZER_UNSUPPORTED", why, ["tokenizer"]));
  }
  recipe.parents.forEach(({ model }, i) => {
    const own = given.parents[i] ?? [];
    if (own.length > 0 || !mayLack) faults.push(...checkCount(title, need, model, own, i));
  });
  if (need.of === "parents+base" && given.base.length !== 1 && !(mayLack && given.base.length === 0))
    faults.push(
      fault("STATISTICS_MISSING", `${title} needs one file for the base: ${howTo(need, "baseStatistics")}.`, ["baseStatistics"]),
    );
  if (need.of === "parents" && given.base.length > 0)
    faults.push(fault("STATISTICS_UNUSED", `${title} takes no statistics of the base; remove them.`, ["baseStatistics"]));
  return faults;
}

const howTo = ({ kind }: StatisticsNeed, key: string): string =>
  `measure it with amalgam statistics ${kind} and write ${key}: [FILE]`;

function checkCount(title: string, need: StatisticsNeed, model: string, given: readonly string[], i: number): Fault[] {
  const path = ["parents", i, "statistics"];
  if (given.length === 0)
    return [fault("STATISTICS_MISSING", `${title} needs a statistic of ${model}: ${howTo(need, "statistics")} there.`, path)];
  const second = given.findIndex((each, k) => given.indexOf(each) < k);
  if (second >= 0)
    return [fault("STATISTICS_TWICE", `${given[second]} is listed twice for ${model}; list it once.`, [...path, second])];
  if (need.at === "scaled" || given.length === 1) return [];
  return [fault("STATISTICS_COUNT", `${title} takes one statistic of ${model}, not ${given.length}.`, path)];
}

/** Whether the opened statistics are of the kind that the method needs, taken where it needs them. */
export function checkStatisticsKind({ statistics: need, title }: MergeMethod, given: PerModel<StatisticHeader>): Fault[] {
  if (need === undefined) return [];
  const faults = listed(given).flatMap(({ value: { label, about }, path, parent }): Fault[] => {
    if (about.kind !== need.kind)
      return [fault("STATISTIC_KIND", `${label} is a statistic of the kind ${about.kind}; ${title} needs ${need.kind}.`, path)];
    if ((need.at === "scaled" && parent !== null) || about.lambda === 1) return [];
    return [
      fault("STATISTIC_SCALED", `${label} was measured at λ = ${about.lambda}; ${title} needs it at the model itself.`, path),
    ];
  });
  return [...faults, ...given.parents.flatMap(checkGrid)];
}

/**
 * Of statistics at scaled models the way counts: whether task vectors were trimmed on it, and to what density. A method that trims
 * takes others as an approximation, which is noted, so that studies can tune the density; one that does not has no use for them.
 */
export function checkDensity(recipe: Recipe, given: PerModel<StatisticHeader>): { faults: Fault[]; notes: string[] } {
  const [faults, notes]: [Fault[], string[]] = [[], []];
  given.parents.forEach((own, i) => {
    const asked = recipe.parents[i]?.["density"];
    let isNoted = false;
    own.forEach(({ label, about: { lambda, settings } }, k) => {
      const density = settings["density"] ?? 1;
      if (lambda === 0 || density === (asked ?? 1)) return;
      const why = `${label} was measured of task vectors of density ${density}`;
      if (asked !== undefined) {
        if (!isNoted) notes.push(`${why}, and they are merged with ${JSON.stringify(asked)}: the information is approximate.`);
        isNoted = true;
      } else
        faults.push(
          fault("STATISTIC_DENSITY", `${why}; merge with trimmed_df_merge, or measure it without trimming.`, [
            "parents",
            i,
            "statistics",
            k,
          ]),
        );
    });
  });
  return { faults, notes };
}

function checkGrid(own: readonly StatisticHeader[], i: number): Fault[] {
  return own.flatMap(({ label, about: { lambda } }, k): Fault[] => {
    const before = own[k - 1];
    if (before === undefined || before.about.lambda < lambda) return [];
    const why = `${label} was measured at λ = ${lambda} and stands after ${before.label} at ${before.about.lambda}; list them by ascending λ`;
    return [fault("STATISTICS_ORDER", `${why}, each λ once.`, ["parents", i, "statistics", k])];
  });
}

const short = (digest: string | null | undefined): string => (digest == null ? "none" : `${digest.slice(0, 12)}…`);

/** Content digests (sha256, hex) of the models of a merge. */
export interface OwnerDigests {
  readonly base: string | null;
  readonly parents: readonly string[];
}

/** Statistics that were taken of other models than those of the merge, each by name. Empty when all fit. */
export function checkStatisticOwners(recipe: Recipe, given: PerModel<StatisticHeader>, digests: OwnerDigests): Fault[] {
  if (!hasStatistics(given)) return [];
  return listed(given).flatMap(({ value: { label, about }, path, parent }): Fault[] => {
    const model = parent === null ? recipe.base : recipe.parents[parent]?.model;
    const digest = parent === null ? digests.base : digests.parents[parent];
    if (about.model !== digest) {
      const why = `it is of ${short(about.model)}, and ${model} has the digest ${short(digest)}`;
      return [
        fault("STATISTIC_OWNER", `${label} was measured of another model than ${model}: ${why}; measure it of that one.`, path),
      ];
    }
    if (about.base === null || about.base === digests.base || (digests.base === null && about.lambda === 1)) return [];
    const why = `on the way from ${short(about.base)} to ${model}, and the recipe's base is ${short(digests.base)}`;
    return [fault("STATISTIC_OWNER", `${label} was measured ${why}; measure it from that one.`, path)];
  });
}
