import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import type { Fields } from "../record.ts";

export const vocabularyTypes = ["BPE", "WordPiece", "Unigram", "WordLevel"] as const;
export type VocabularyType = (typeof vocabularyTypes)[number];

/** Two neighbours that BPE joins; the rank is the place in the list. */
export type Merge = readonly [left: string, right: string];

/** A token that is cut out of the text before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** How words become tokens. */
export interface VocabularyModel {
  readonly type: VocabularyType;
  /** By rank; empty unless BPE */
  readonly merges: readonly Merge[];
  /** How the file writes a merge: `["a", "b"]`, which also holds tokens with spaces, or `"a b"` */
  readonly mergesArePairs: boolean;
  /** Log probability of each piece; empty unless Unigram */
  readonly scores: ReadonlyMap<string, number>;
  /** What else the model says, as in tokenizer.json: unk_token, byte_fallback, continuing_subword_prefix, … */
  readonly fields: Fields;
}

/** A tokenizer as plain data. */
export interface Vocabulary {
  /** The model it belongs to, for messages */
  readonly label: string;
  /** sha256 (hex) of what decides how text becomes ids: equal for differently formatted files of one tokenizer */
  readonly digest: string;
  /** Token to id, added tokens included; no two tokens share an id, but an id may have no token */
  readonly tokens: ReadonlyMap<string, number>;
  /** Added tokens that are marked as special */
  readonly special: ReadonlySet<string>;
  /** The largest id plus 1 */
  readonly size: number;
  readonly model: VocabularyModel;
  /** By id */
  readonly added: readonly AddedToken[];
  /** The other parts of tokenizer.json: normalizer, pre_tokenizer, post_processor, decoder, truncation, padding, version */
  readonly pipeline: Fields;
  /** Names of the tokenizer files in its folder */
  readonly files: readonly string[];
}

/** What a reader found; digest, special tokens and size follow from it. */
export type VocabularyParts = Omit<Vocabulary, "digest" | "special" | "size">;

export function toVocabulary(parts: VocabularyParts): Vocabulary {
  let size = 0;
  for (const id of parts.tokens.values()) size = Math.max(size, id + 1);
  const special = new Set(parts.added.filter((token) => token.special).map(({ content }) => content));
  return { ...parts, special, size, digest: digestOf(parts) };
}

/** Parts of the pipeline that change the ids of a text; the decoder does not, truncation and padding are the caller's wish. */
export const decisiveParts = ["normalizer", "pre_tokenizer", "post_processor"] as const;

/** Settings of the model that say something: older files leave out what newer ones write as null, false or "". */
export const settledFields = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== false && value !== ""));

function digestOf({ tokens, model, added, pipeline }: VocabularyParts): string {
  const hash = createHash("sha256");
  const part = (name: string, text: string) => hash.update(`${name}:${text}\n`);
  const ordered = byId(tokens);
  // Long lists hold no objects whose keys need an order.
  part("tokens", JSON.stringify(ordered));
  part("merges", JSON.stringify(model.merges));
  part("scores", JSON.stringify(ordered.map(([token]) => model.scores.get(token) ?? null)));
  part("added", canonicalJson(added));
  part("model", canonicalJson({ type: model.type, ...settledFields(model.fields) }));
  for (const name of decisiveParts) part(name, canonicalJson(pipeline[name] ?? null));
  return hash.digest("hex");
}

/** Tokens with their ids, in the order of the ids. */
export const byId = (tokens: ReadonlyMap<string, number>): [token: string, id: number][] =>
  [...tokens].sort(([, a], [, b]) => a - b);
