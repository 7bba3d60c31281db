import { type Fields, isFields } from "../record.ts";
import type { OutputVocabulary } from "./output-vocabulary.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface TokenIdsInput {
  /** config.json or generation_config.json that the result's starts from */
  readonly config: Fields;
  /** Tokenizer of the model that this file comes from */
  readonly vocabulary: Vocabulary;
  /** The same file of the owner of the output vocabulary; null when it has none */
  readonly ownerConfig: Fields | null;
  readonly ownerVocabulary: Vocabulary;
  readonly output: OutputVocabulary;
  /** Rows of the result's embeddings */
  readonly rows: number;
}

export interface TokenIds {
  readonly config: Fields;
  readonly notes: readonly string[];
}

/** bos_token_id, decoder_start_token_id, image_token_index, … */
const idKey = /_token_(id|ids|index)$|^(begin_)?suppress_tokens$/;

/**
 * A configuration with vocab_size and the ids of special tokens as the output vocabulary has them, here and in text_config.
 * Ids follow the owner of the vocabulary where it states them, else the token that the file's own model means. An id whose token
 * is not in the result becomes null, with a note. What was right before is returned unchanged.
 */
export function changeTokenIds(input: TokenIdsInput): TokenIds {
  const notes: string[] = [];
  const config = changeFields(input, input.config, { owner: input.ownerConfig, notes });
  const text = input.config["text_config"];
  if (!isFields(text)) return { config, notes };
  const ownerText = input.ownerConfig?.["text_config"];
  const owner = isFields(ownerText) ? ownerText : null;
  return { config: { ...config, text_config: changeFields(input, text, { owner, notes }) }, notes };
}

interface Section {
  /** The same part of the owner's file */
  readonly owner: Fields | null;
  /** Collects what a user should know */
  readonly notes: string[];
}

function changeFields(input: TokenIdsInput, fields: Fields, { owner, notes }: Section): Fields {
  const result: Record<string, unknown> = { ...fields };
  if (typeof fields["vocab_size"] === "number") result["vocab_size"] = input.rows;
  const ownerKeys = Object.keys(owner ?? {}).filter((key) => idKey.test(key) && key !== "__proto__");
  const keys = new Set([...Object.keys(fields).filter((key) => idKey.test(key)), ...ownerKeys]);
  for (const key of keys) {
    const isOwners = owner !== null && owner[key] !== undefined && owner[key] !== null;
    const value = isOwners ? owner[key] : fields[key];
    const from = isOwners ? input.ownerVocabulary : input.vocabulary;
    result[key] = mapIds(value, { tokenOf: tokensById(from), input, isSame: isOwners && input.output.isOwners });
    if (value !== null && value !== undefined && result[key] === null)
      notes.push(`${key} ${JSON.stringify(value)} of ${from.label} is not in the merged vocabulary and becomes null.`);
  }
  return result;
}

interface Mapping {
  readonly tokenOf: ReadonlyMap<number, string>;
  readonly input: TokenIdsInput;
  /** Ids mean in the result what they meant before */
  readonly isSame: boolean;
}

function mapIds(value: unknown, mapping: Mapping): unknown {
  if (Array.isArray(value)) {
    const ids = value.map((item) => mapIds(item, mapping)).filter((id) => id !== null);
    return ids.length === 0 && value.length > 0 ? null : ids;
  }
  // Negative numbers are marks for "none", not ids.
  if (typeof value !== "number" || value < 0 || (mapping.isSame && value < mapping.input.rows)) return value;
  const token = mapping.tokenOf.get(value);
  return token === undefined ? null : (mapping.input.output.ids.get(token) ?? null);
}

const cache = new WeakMap<Vocabulary, ReadonlyMap<number, string>>();

function tokensById(vocabulary: Vocabulary): ReadonlyMap<number, string> {
  const known = cache.get(vocabulary);
  if (known !== undefined) return known;
  const tokens = new Map([...vocabulary.tokens].map(([token, id]) => [id, token]));
  cache.set(vocabulary, tokens);
  return tokens;
}
