import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import { defaultOf } from "./read-settings.ts";
import { methodOf, ownOf, type Recipe, type RecipeParent } from "./recipe.ts";
import { keyOf } from "./reference.ts";
import type { Settings } from "./settings.ts";
import { noStatistics, type PerModel, referencesIn } from "./statistics/statistic-header.ts";

export { canonicalJson } from "./canonical-json.ts";

/** Raised when the default head patterns of `architectures.ts` change: they decide which tensors are in the result. */
const headPatternsVersion = 1;

/** Parameters younger than their method's version: at their default they change nothing, and are left out of the form. */
const laterParameters: Readonly<Record<string, readonly string[]>> = { task_arithmetic: ["normalize"] };

/** Content digests (sha256, hex) in place of references; of a model with an adapter, one digest of both together. */
export interface ParentDigests {
  readonly base: string | null;
  readonly parents: readonly string[];
}

/**
 * sha256 (hex) of the canonical form of a merge: method and its version, parameters, parents by content. Equal identities
 * give equal bytes on every machine; references, threads, tiles and shard sizes are no part of it. What a recipe does not use
 * (slices, adapters, tokenizer, statistics) is not in the form, so identities from before it existed stay as they are.
 * @param statistics keys of the statistics that the recipe names, in its order
 */
export function recipeIdentity(recipe: Recipe, digests: ParentDigests, statistics: PerModel<string> = noStatistics): string {
  const named = referencesIn(recipe);
  if (
    named.base.length !== statistics.base.length ||
    named.parents.some((own, i) => own.length !== (statistics.parents[i] ?? []).length)
  )
    throw new Error("There must be one key for each statistic.");
  if (digests.parents.length !== recipe.parents.length) throw new Error("There must be one digest for each parent.");
  const contents = contentOf(recipe, digests);
  const canonical = canonicalJson({
    version: recipe.version,
    method: recipe.method,
    methodVersion: methodOf(recipe).version,
    base: digests.base,
    ...(recipe.baseAdapter === null ? {} : { baseAdapter: true }),
    // Methods without weights have always had the weight 1 here.
    parents: recipe.parents.map((parent, i) => ({
      weight: 1,
      ...ownOf(parent),
      digest: digests.parents[i],
      ...marked(parent),
      ...keysOf(statistics.parents[i]),
    })),
    ...(statistics.base.length === 0 ? {} : { baseStatistics: statistics.base }),
    parameters: canonicalParameters(recipe),
    exclude: recipe.exclude === null ? { heads: headPatternsVersion } : [...new Set(recipe.exclude)].sort(),
    dtype: recipe.dtype,
    seed: recipe.seed,
    ...(recipe.slices === null
      ? {}
      : {
          slices: recipe.slices.map(({ sources, parameters }) => ({
            sources: sources.map((source) => ({ ...ownOf(source), layers: source.layers, content: contents(keyOf(source)) })),
            parameters,
          })),
        }),
    ...(recipe.tokenizer === null ? {} : { tokenizer: canonicalTokenizer(recipe.tokenizer, contents) }),
    ...(recipe.chatTemplate === null ? {} : { chatTemplate: recipe.chatTemplate }),
  });
  return createHash("sha256").update(canonical).digest("hex");
}

function canonicalParameters({ method, parameters }: Recipe): Settings {
  const later = Object.hasOwn(laterParameters, method) ? (laterParameters[method] ?? []) : [];
  const { shape } = methodOf({ method }).params;
  const isSilent = ([name, value]: readonly [string, unknown]) => later.includes(name) && value === defaultOf(shape[name]);
  return Object.fromEntries(Object.entries(parameters).filter((entry) => !isSilent(entry)));
}

/** A model with an adapter is not the folder that holds the files of both. */
const marked = ({ adapter }: RecipeParent) => (adapter === undefined ? {} : { adapter: true });

const keysOf = (keys: readonly string[] = []) => (keys.length === 0 ? {} : { statistics: keys });

/** Content in place of the reference of any model of a recipe. */
function contentOf(recipe: Recipe, digests: ParentDigests): (model: string) => unknown {
  const contents = new Map<string, unknown>();
  recipe.parents.forEach((parent, i) => {
    const content = { digest: digests.parents[i], ...marked(parent) };
    if (!contents.has(parent.model)) contents.set(parent.model, content);
    contents.set(keyOf(parent), content);
  });
  const { base, baseAdapter } = recipe;
  if (base !== null) {
    const content = { digest: digests.base, ...(baseAdapter === null ? {} : { adapter: true }) };
    if (!contents.has(base)) contents.set(base, content);
    if (baseAdapter !== null) contents.set(keyOf({ model: base, adapter: baseAdapter }), content);
  }
  return (model) => contents.get(model) ?? null;
}

function canonicalTokenizer(
  { source, tokens, padToMultipleOf }: NonNullable<Recipe["tokenizer"]>,
  content: (model: string) => unknown,
): unknown {
  return {
    source: source === "union" || source === "base" ? source : content(source),
    padToMultipleOf,
    // As pairs: a token may be called anything.
    tokens: Object.entries(tokens)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([token, rule]) => [
        token,
        rule.force,
        rule.source === null || !("model" in rule.source) ? rule.source : { ...rule.source, model: content(rule.source.model) },
      ]),
  };
}
