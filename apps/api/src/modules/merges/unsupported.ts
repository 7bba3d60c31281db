import { type Fault, type MergeMethod, methodOf, type Recipe } from "@amalgam/engine/merge";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { fault } from "../refuse.ts";

const elsewhere = "use amalgam merge on a machine that has the files";

/** What the engine can merge from local folders, but the registry has no place for yet; told before any work. */
export function unsupportedOf(recipe: Recipe): Fault[] {
  const faults: Fault[] = [];
  const adapter = (text: string, path: readonly (string | number)[]) =>
    faults.push(fault("ADAPTER_UNSUPPORTED", `The adapter ${shown(text)} cannot be baked in on the server; ${elsewhere}.`, path));
  if (recipe.baseAdapter !== null) adapter(recipe.baseAdapter, ["baseAdapter"]);
  for (const [i, parent] of recipe.parents.entries())
    if (parent.adapter !== undefined) adapter(parent.adapter, ["parents", i, "adapter"]);
  const method = methodOf(recipe);
  const what = beyondRegistry(method);
  if (what !== null) faults.push(fault("METHOD_UNSUPPORTED", `${method.title} works with ${what}; ${elsewhere}.`, ["method"]));
  return faults;
}

const spaces: Readonly<Record<string, string | null>> = {
  weights: null,
  delta: null,
  tasks: "the masks of several tasks, for which the registry has no kind of version",
  adapter: "the factors of adapters, which the server cannot merge",
};

/** What a method works with that the registry cannot hold, or the server cannot merge; null when all is well. */
export function beyondRegistry({ accepts, output }: Pick<MergeMethod, "accepts" | "output">): string | null {
  const beyond = [...accepts, output].map((space) => spaces[space] ?? null).filter((what) => what !== null);
  return beyond[0] ?? null;
}

/** Several recipes in place of one: the steps that the command line runs one after the other. */
export function stagesFault(value: unknown): Fault | null {
  if (!Array.isArray(value)) return null;
  const message = "A merge on the server is one recipe, not a list of steps; request each step, or run amalgam merge.";
  return fault("STAGES_UNSUPPORTED", message);
}

/** Versions that hold an adapter alone are no models. */
export function adaptersAmong(base: ReadyVersion | null, parents: readonly ReadyVersion[]): Fault[] {
  const check = (version: ReadyVersion, path: readonly (string | number)[]): Fault[] =>
    version.kind === "ADAPTER"
      ? [fault("ADAPTER_UNSUPPORTED", `${formatRef(version)} is an adapter, not a model; bake it into its model first.`, path)]
      : [];
  return [
    ...(base === null ? [] : check(base, ["base"])),
    ...parents.flatMap((parent, i) => check(parent, ["parents", i, "model"])),
  ];
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 200));
