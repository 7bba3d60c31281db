import type { Recipe } from "@amalgam/engine/merge";

/**
 * The recipe with every ref pinned to a number, wherever it stands: an alias or a newest version may mean another one tomorrow.
 * @param pins refs as written, and what they mean now
 */
export function pinRecipe(recipe: Recipe, pins: ReadonlyMap<string, string>): Recipe {
  const pin = <M extends { readonly model: string }>(named: M): M => ({ ...named, model: pinned(named.model) });
  const pinned = (ref: string): string => pins.get(ref) ?? ref;
  const { base, parents, slices, tokenizer } = recipe;
  return {
    ...recipe,
    base: base === null ? null : pinned(base),
    parents: parents.map(pin),
    slices: slices?.map((slice) => ({ ...slice, sources: slice.sources.map(pin) })) ?? null,
    tokenizer: tokenizer && {
      ...tokenizer,
      source: pinned(tokenizer.source),
      tokens: Object.fromEntries(
        Object.entries(tokenizer.tokens).map(([token, rule]) => [
          token,
          rule.source !== null && "model" in rule.source ? { ...rule, source: pin(rule.source) } : rule,
        ]),
      ),
    },
  };
}
