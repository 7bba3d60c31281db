import { readFileSync } from "node:fs";
import { methodOf, type Recipe } from "@amalgam/engine/merge";
import { tuneVersion } from "@amalgam/engine/tune";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };

/**
 * What decides the values of a study's trials and which come next: the release, the optimiser and the method. Trials made under
 * different ones are never mixed in a study.
 */
export function engineVersionOf(recipe: Pick<Recipe, "method">): string {
  const { id, version: methodVersion } = methodOf(recipe);
  return `amalgam ${version}, tune ${tuneVersion}, ${id} ${methodVersion}`;
}
