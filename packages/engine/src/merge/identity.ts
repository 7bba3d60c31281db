import { createHash } from "node:crypto";
import { methodOf, type Recipe } from "./recipe.ts";

/** Raised when the default head patterns of `architectures.ts` change: they decide which tensors are in the result. */
const headPatternsVersion = 1;

/** Content digests (sha256, hex) in place of references. */
export interface ParentDigests {
  readonly base: string | null;
  readonly parents: readonly string[];
}

/**
 * sha256 (hex) of the canonical form of a merge: method and its version, parameters, parents by content. Equal identities
 * give equal bytes on every machine; references, threads, tiles and shard sizes are no part of it.
 */
export function recipeIdentity(recipe: Recipe, digests: ParentDigests): string {
  if (digests.parents.length !== recipe.parents.length) throw new Error("There must be one digest for each parent.");
  const canonical = canonicalJson({
    version: recipe.version,
    method: recipe.method,
    methodVersion: methodOf(recipe).version,
    base: digests.base,
    parents: recipe.parents.map(({ weight }, i) => ({ digest: digests.parents[i], weight })),
    parameters: recipe.parameters,
    exclude: recipe.exclude === null ? { heads: headPatternsVersion } : [...new Set(recipe.exclude)].sort(),
    dtype: recipe.dtype,
    seed: recipe.seed,
  });
  return createHash("sha256").update(canonical).digest("hex");
}

/** JSON with sorted keys and no white space. Numbers as ECMAScript prints them (the shortest text that reads back), -0 as 0. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error("A canonical form holds finite numbers only.");
  return JSON.stringify(value) ?? "null";
}
