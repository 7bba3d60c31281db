import type { AlignmentModel } from "../align-embeddings.ts";
import { vocabularyOf } from "../read-vocabulary.ts";
import type { TokenizerFile } from "../tokenizer-file.ts";
import { toVocabulary, type Vocabulary } from "../vocabulary.ts";

/** A tokenizer.json as an object, to be changed by a test. */
export interface TokenizerSample {
  added_tokens: Record<string, unknown>[];
  normalizer: unknown;
  pre_tokenizer: unknown;
  post_processor: unknown;
  decoder: unknown;
  model: Record<string, unknown>;
  [key: string]: unknown;
}

const addedToken = (content: string, id: number) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

function sample(specials: readonly string[], tokens: readonly string[], model: Record<string, unknown>): TokenizerSample {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content) => addedToken(content, tokens.indexOf(content))),
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model,
  };
}

const numbered = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));

/** BPE whose merges build the words from their first letter on. Specials come first. */
export function bpeSample(words: readonly string[], specials: readonly string[] = []): TokenizerSample {
  const letters = [...new Set(words.flatMap((word) => [...word]))].sort();
  const merges = new Map<string, string>();
  for (const word of words) {
    for (let end = 2; end <= word.length; end += 1)
      merges.set(word.slice(0, end), `${word.slice(0, end - 1)} ${word.charAt(end - 1)}`);
  }
  const tokens = [...new Set([...specials, ...letters, ...merges.keys()])];
  const model = { type: "BPE", dropout: null, unk_token: null, vocab: numbered(tokens), merges: [...merges.values()] };
  return sample(specials, tokens, model);
}

export function wordPieceSample(pieces: readonly string[], specials: readonly string[] = ["[UNK]"]): TokenizerSample {
  const tokens = [...new Set([...specials, ...pieces])];
  const model = { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", vocab: numbered(tokens) };
  return sample(specials, tokens, { ...model, max_input_chars_per_word: 100 });
}

/** Unigram with the unknown token first; scores fall by place. */
export function unigramSample(pieces: readonly string[], specials: readonly string[] = []): TokenizerSample {
  const tokens = [...new Set(["<unk>", ...pieces])];
  const model = { type: "Unigram", unk_id: 0, vocab: tokens.map((token, i) => [token, i === 0 ? 0 : -1 - i / 8]) };
  return sample(specials, [...tokens, ...specials], model);
}

export const fileOf = (path: string, value: unknown): TokenizerFile => ({
  path,
  data: new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)),
});

export const read = (value: unknown, label = "a"): Vocabulary => vocabularyOf([fileOf("tokenizer.json", value)], label);

/** A vocabulary of nothing but tokens. */
export const plain = (label: string, tokens: Iterable<readonly [string, number]>): Vocabulary =>
  toVocabulary({
    label,
    tokens: new Map(tokens),
    model: { type: "WordLevel", merges: [], mergesArePairs: false, scores: new Map(), fields: {} },
    added: [],
    pipeline: {},
    files: ["tokenizer.json"],
  });

export const listed = (label: string, tokens: readonly string[]): Vocabulary =>
  plain(
    label,
    tokens.map((token, id) => [token, id] as const),
  );

/** A model of a merge with as many rows as ids, unless told otherwise. */
export const modelOf = (vocabulary: Vocabulary, rows = vocabulary.size): AlignmentModel => ({
  reference: vocabulary.label,
  vocabulary,
  rows,
  path: ["parents", "0"],
});
