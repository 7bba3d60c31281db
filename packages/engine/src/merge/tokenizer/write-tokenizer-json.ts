import { type Fields, isFields } from "../record.ts";
import type { MergedTokens } from "./merge-tokens.ts";
import type { OutputVocabulary } from "./output-vocabulary.ts";
import type { AddedToken, Vocabulary } from "./vocabulary.ts";

/**
 * tokenizer.json of a merge. All tokens, the added ones too, are in the model's vocabulary: readers number added tokens that are not
 * there by themselves, and tokens of other models come after the owner's added ones.
 */
export function writeTokenizerJson(vocabularies: readonly Vocabulary[], output: OutputVocabulary, merged: MergedTokens): string {
  const owner = vocabularies[output.owner];
  if (owner === undefined) throw new Error("A merged tokenizer needs an owner.");
  const { version, truncation, padding, normalizer, pre_tokenizer, post_processor, decoder, ...others } = owner.pipeline;
  const sources = output.contributors.flatMap((i) => vocabularies[i] ?? []);
  const document = {
    version: version ?? "1.0",
    truncation: truncation ?? null,
    padding: remapPadding(padding ?? null, output.ids),
    added_tokens: merged.added.map(({ id, ...flags }) => ({ id, ...addedTokenFields(flags) })),
    normalizer: normalizer ?? null,
    pre_tokenizer: pre_tokenizer ?? null,
    post_processor: remapProcessor(post_processor ?? null, output.ids),
    decoder: decoder ?? null,
    ...others,
    model: modelFields(owner, sources, { output, merged }),
  };
  return `${JSON.stringify(document)}\n`;
}

/** An added token as tokenizer.json and tokenizer_config.json write it, without its id. */
export const addedTokenFields = (token: Omit<AddedToken, "id">): Fields => ({
  content: token.content,
  single_word: token.singleWord,
  lstrip: token.lstrip,
  rstrip: token.rstrip,
  normalized: token.normalized,
  special: token.special,
});

interface Merged {
  readonly output: OutputVocabulary;
  readonly merged: MergedTokens;
}

function modelFields({ model }: Vocabulary, sources: readonly Vocabulary[], { output, merged }: Merged): Fields {
  const common = { type: model.type, ...model.fields };
  if (model.type === "Unigram") return { ...common, vocab: pieces(sources, output) };
  const vocab = Object.fromEntries(output.ids);
  if (model.type !== "BPE") return { ...common, vocab };
  const arePairs = model.mergesArePairs || merged.merges.some((merge) => merge.some((part) => part.includes(" ")));
  return { ...common, vocab, merges: arePairs ? merged.merges : merged.merges.map((merge) => merge.join(" ")) };
}

/** Pieces with the score that the first model gives them; a token that none scores gets the least score of all. */
function pieces(sources: readonly Vocabulary[], { tokens }: OutputVocabulary): [string, number][] {
  let least = 0;
  for (const { model } of sources) for (const score of model.scores.values()) least = Math.min(least, score);
  const scoreOf = (token: string) => sources.find(({ model }) => model.scores.has(token))?.model.scores.get(token) ?? least;
  // The place in the list is the id: it ends where an id has no token, and what follows is added tokens only.
  const gap = tokens.indexOf(null);
  const listed = gap < 0 ? tokens : tokens.slice(0, gap);
  return listed.flatMap((token): [string, number][] => (token === null ? [] : [[token, scoreOf(token)]]));
}

type Ids = ReadonlyMap<string, number>;

function remapPadding(padding: unknown, ids: Ids): unknown {
  const id = isFields(padding) && typeof padding["pad_token"] === "string" ? ids.get(padding["pad_token"]) : undefined;
  return isFields(padding) && id !== undefined ? { ...padding, pad_id: id } : padding;
}

/** Post-processors write ids beside the tokens: closing gaps moves them. */
function remapProcessor(processor: unknown, ids: Ids): unknown {
  if (!isFields(processor)) return processor;
  const result: Record<string, unknown> = { ...processor };
  for (const key of ["sep", "cls"]) {
    const [token] = Array.isArray(result[key]) ? result[key] : [];
    if (typeof token === "string" && ids.has(token)) result[key] = [token, ids.get(token)];
  }
  if (Array.isArray(result["processors"])) result["processors"] = result["processors"].map((part) => remapProcessor(part, ids));
  const specials = result["special_tokens"];
  if (isFields(specials))
    result["special_tokens"] = Object.fromEntries(
      Object.entries(specials).map(([name, entry]) => [name, remapEntry(entry, ids)]),
    );
  return result;
}

function remapEntry(entry: unknown, ids: Ids): unknown {
  if (!isFields(entry) || !Array.isArray(entry["tokens"]) || !Array.isArray(entry["ids"])) return entry;
  const tokens: readonly unknown[] = entry["tokens"];
  const old: readonly unknown[] = entry["ids"];
  return { ...entry, ids: tokens.map((token, i) => (typeof token === "string" ? ids.get(token) : undefined) ?? old[i]) };
}
