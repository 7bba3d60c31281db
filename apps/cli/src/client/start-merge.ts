import { methodOf, type Recipe } from "@amalgam/engine/merge";
import { Refusal } from "../failure.ts";
import { accepted, execute, patience } from "./graphql.ts";
import { checkMerge, createModel, type RequestMergeInput, type Run, requestMerge, type Version } from "./operations.ts";
import type { Server } from "./server.ts";

/** A parsed recipe as it is written: weights only where the method takes them. */
export const nativeRecipe = (recipe: Recipe): unknown => ({
  ...recipe,
  parents: methodOf(recipe).perParent.weight === undefined ? recipe.parents.map(({ model }) => ({ model })) : recipe.parents,
});

export interface StartedMerge {
  readonly run: Run;
  readonly version: Version | null;
  readonly created: boolean;
}

/** Asks for a merge; makes the model of the result, but only once the recipe is known to be good. */
export async function startMerge(server: Server, input: RequestMergeInput, signal?: AbortSignal): Promise<StartedMerge> {
  const { namespace, name, recipe } = input;
  const { faults } = (await execute(server, checkMerge, { recipe }, { signal })).checkMerge;
  if (faults.length > 0) throw new Refusal(faults);
  accepted((await execute(server, createModel, { input: { namespace, name } }, { signal, attempts: patience })).createModel);
  return accepted((await execute(server, requestMerge, { input }, { signal, attempts: patience })).requestMerge);
}
