import { methodOf, type Recipe } from "@amalgam/engine/merge";
import { accepted, execute, patience } from "./graphql.ts";
import { type RequestMergeInput, type Run, requestMerge, type Version } from "./operations.ts";
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

/** Asks for a merge; its model is made with it. */
export async function startMerge(server: Server, input: RequestMergeInput, signal?: AbortSignal): Promise<StartedMerge> {
  return accepted((await execute(server, requestMerge, { input }, { signal, attempts: patience })).requestMerge);
}
