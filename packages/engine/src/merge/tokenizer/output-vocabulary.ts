import { type Fault, fault, RefusedError } from "../fault.ts";
import type { TokenizerPolicy } from "./tokenizer-policy.ts";
import { byId, type Vocabulary } from "./vocabulary.ts";

/** A model of the merge, as far as tokenizers go. */
export interface TokenizerModel {
  /** As the recipe names it */
  readonly reference: string;
  readonly vocabulary: Vocabulary;
}

/** The tokens of the result. */
export interface OutputVocabulary {
  /** Index of the model whose tokenizer files the result's start from */
  readonly owner: number;
  /** Indexes of the models whose tokens are in the result, the owner first */
  readonly contributors: readonly number[];
  /** By id; null where the owner's tokenizer has an id without token */
  readonly tokens: readonly (string | null)[];
  readonly ids: ReadonlyMap<string, number>;
  /** Tokens that only the policy names */
  readonly invented: readonly string[];
  /** The tokens and ids are the owner's own: nothing was added or moved */
  readonly isOwners: boolean;
}

/**
 * Tokens of the result and their ids.
 *   union: the owner's in id order, then of each other model, in the order of the merge, what is not there yet, in id order;
 *   base or a model: that one's, ids unchanged;
 *   then tokens that only the policy names, sorted.
 * Ids without token are kept while nothing is added, and closed when a union adds tokens: its ids are dense.
 * @param base index of the base, null when there is none; the owner of a union, else the first model is
 * @throws RefusedError for a source that is not in the merge
 */
export function outputVocabulary(
  models: readonly TokenizerModel[],
  base: number | null,
  policy: TokenizerPolicy,
): OutputVocabulary {
  const owner = ownerOf(models, base, policy.source);
  const isUnion = policy.source === "union";
  const others = models.map((_, i) => i).filter((i) => i !== owner);
  const contributors = isUnion ? [owner, ...others] : [owner];
  const own = models[owner]?.vocabulary.tokens ?? new Map<string, number>();
  const extra = new Set<string>();
  for (const i of contributors) {
    for (const [token] of byId(models[i]?.vocabulary.tokens ?? new Map<string, number>())) if (!own.has(token)) extra.add(token);
  }
  const invented = Object.keys(policy.tokens).filter((token) => !own.has(token) && !extra.has(token));
  // Sorted, because the identity of a recipe does not see the order of keys.
  invented.sort();
  const tokens = [...head(own, isUnion && extra.size + invented.length > 0), ...extra, ...invented];
  const ids = new Map(tokens.flatMap((token, id): [string, number][] => (token === null ? [] : [[token, id]])));
  return { owner, contributors, tokens, ids, invented, isOwners: extra.size + invented.length === 0 };
}

/** The owner's tokens by id, with its gaps unless they are to be closed. */
function head(own: ReadonlyMap<string, number>, isDense: boolean): (string | null)[] {
  const sorted = byId(own);
  if (isDense) return sorted.map(([token]) => token);
  const tokens = new Array<string | null>((sorted.at(-1)?.[1] ?? -1) + 1).fill(null);
  for (const [token, id] of sorted) tokens[id] = token;
  return tokens;
}

function ownerOf(models: readonly TokenizerModel[], base: number | null, source: string): number {
  if (source === "union") return base ?? 0;
  if (source === "base") {
    if (base === null) throw new RefusedError([noBase]);
    return base;
  }
  const index = models.findIndex(({ reference }) => reference === source);
  if (index < 0) throw new RefusedError([unknownModel(source, models, ["source"])]);
  return index;
}

const noBase = fault(
  "TOKENIZER_SOURCE_UNKNOWN",
  'This merge has no base whose tokenizer could be kept; use "union" or name a model.',
  ["tokenizer", "source"],
);

/** A reference of the policy to what is not in the merge. */
export function unknownModel(reference: string, models: readonly TokenizerModel[], path: readonly (string | number)[]): Fault {
  const known = models.map((model) => model.reference).join(", ");
  return fault("TOKENIZER_SOURCE_UNKNOWN", `${reference} is not a model of this merge; there are: ${known}.`, [
    "tokenizer",
    ...path,
  ]);
}
