import {
  checkStatisticOwners,
  type Fault,
  type MergeHeaders,
  methodOf,
  type Plan,
  parseRecipe,
  plan,
  type Recipe,
  RefusedError,
  recipeIdentity,
} from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import { loadReadyVersion, type ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { fault, refuseAll } from "../refuse.ts";
import { chooseStatistics, type GridFor } from "./choose-statistics.ts";
import { loadModel } from "./load-model.ts";
import { loadStatistics, type NeededStatistic } from "./load-statistics.ts";
import { type LoadedModel, withTokenizers } from "./load-tokenizers.ts";
import { pinRecipe } from "./pin-recipe.ts";
import type { StatisticsOptions } from "./statistics-options.ts";
import { adaptersAmong, stagesFault, unsupportedOf } from "./unsupported.ts";

export interface PreparedMerge {
  /** With every ref pinned to a number */
  readonly recipe: Recipe;
  readonly base: ReadyVersion | null;
  readonly parents: readonly ReadyVersion[];
  readonly plan: Plan;
  readonly identity: string;
  /** Statistics that it uses; those that are not measured yet are to be asked for */
  readonly needs: readonly NeededStatistic[];
}

/**
 * Everything that can be decided about a merge without reading a tensor: the same for the check and for the request.
 * @param options how statistics are measured that the method needs and the recipe does not name
 */
export async function prepareMerge(
  deps: Deps,
  value: unknown,
  options: StatisticsOptions = {},
  gridFor?: GridFor,
): Promise<PreparedMerge> {
  try {
    const asked = parseAsked(value);
    const { base, parents } = await loadVersions(deps, asked);
    refuseAll([...adaptersAmong(base, parents), ...findDuplicates(asked, parents)]);
    // Read again: what two refs meant by two names may be one model now.
    const chosen = await chooseStatistics(deps, asked, { base, parents }, options, gridFor);
    const recipe = parseRecipe(pinRecipe(chosen.recipe, pinsOf(asked, base, parents)));
    const headers = await loadHeaders(deps, recipe, base, parents);
    const statistics = await loadStatistics(deps, recipe, chosen.wanted, headers);
    const digests = { base: base?.digest ?? null, parents: parents.map(({ digest }) => digest) };
    refuseAll(checkStatisticOwners(recipe, statistics.headers, digests));
    const planned = plan(recipe, { ...headers, statistics: statistics.headers });
    const identity = recipeIdentity(recipe, digests, statistics.keys);
    return { recipe, base, parents, plan: planned, identity, needs: statistics.needs };
  } catch (error) {
    throw inInput(error);
  }
}

/** The recipe that a caller sent, without what only the registry knows. @throws RefusedError with places in the caller's input */
export function readRecipe(value: unknown): Recipe {
  try {
    return parseAsked(value);
  } catch (error) {
    throw inInput(error);
  }
}

function parseAsked(value: unknown): Recipe {
  const stages = stagesFault(value);
  if (stages !== null) throw new RefusedError([stages]);
  const asked = parseRecipe(value, { statistics: "later" });
  refuseAll(unsupportedOf(asked));
  return asked;
}

/** The engine speaks of the recipe; the caller sent it as one field of an input, beside how statistics are measured. */
function inInput(error: unknown): unknown {
  if (!(error instanceof RefusedError)) return error;
  const placed = (path: readonly string[]) => (path[0] === "statistics" ? path : ["recipe", ...path]);
  return new RefusedError(error.faults.map((fault) => ({ ...fault, path: placed(fault.path) })));
}

/** What the registry knows of each model. */
async function loadHeaders(
  deps: Deps,
  recipe: Recipe,
  base: ReadyVersion | null,
  parents: readonly ReadyVersion[],
): Promise<MergeHeaders> {
  const stateFile = methodOf(recipe).prepare?.state?.file ?? null;
  const known = new Map<string, LoadedModel>();
  const models: LoadedModel[] = [];
  for (const version of base === null ? parents : [base, ...parents]) {
    const model = known.get(version.id) ?? (await loadModel(deps, version, stateFile));
    known.set(version.id, model);
    models.push(model);
  }
  const headers = await withTokenizers(deps, models, recipe.tokenizer !== null);
  return { base: base === null ? null : (headers[0] ?? null), parents: headers.slice(base === null ? 0 : 1) };
}

/** Finds every version the recipe names; all refs at fault are told at once. */
async function loadVersions(deps: Deps, recipe: Recipe): Promise<{ base: ReadyVersion | null; parents: ReadyVersion[] }> {
  const faults: Fault[] = [];
  const load = async (ref: string, path: (string | number)[]) => {
    try {
      return await loadReadyVersion(deps, ref, path);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      faults.push(...error.faults);
      return null;
    }
  };
  const base = recipe.base === null ? null : await load(recipe.base, ["base"]);
  const parents: ReadyVersion[] = [];
  for (const [i, { model }] of recipe.parents.entries()) {
    const parent = await load(model, ["parents", i, "model"]);
    if (parent) parents.push(parent);
  }
  refuseAll(faults);
  return { base, parents };
}

function pinsOf({ base, parents }: Recipe, baseVersion: ReadyVersion | null, versions: readonly ReadyVersion[]) {
  const pins = new Map<string, string>();
  if (base !== null && baseVersion !== null) pins.set(base, formatRef(baseVersion));
  for (const [i, { model }] of parents.entries()) {
    const version = versions[i];
    if (version !== undefined) pins.set(model, formatRef(version));
  }
  return pins;
}

/** The same bytes under two refs are the same parent. */
function findDuplicates(recipe: Recipe, parents: readonly ReadyVersion[]): Fault[] {
  const advice = Object.hasOwn(methodOf(recipe).perParent.shape, "weight")
    ? "list it once and add the weights"
    : "name two different models";
  return parents.flatMap((parent, i) => {
    const first = parents.findIndex(({ digest }) => digest === parent.digest);
    if (first === i) return [];
    const message = `The parent ${formatRef(parent)} is listed twice (the first time as parent ${first}); ${advice}.`;
    return [fault("PARENT_TWICE", message, ["parents", i, "model"])];
  });
}
