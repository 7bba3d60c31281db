import type { JsonScanner } from "../../formats/json-scanner.ts";
import { quote } from "../../formats/json-scanner.ts";
import { type RefusedError, refuse } from "../fault.ts";
import { type Fields, isFields } from "../record.ts";
import { readValue, scanJson } from "./strict-json.ts";
import { type AddedToken, type Merge, type VocabularyModel, type VocabularyType, vocabularyTypes } from "./vocabulary.ts";

/** Far above the largest vocabularies in use (some 0.9 million); more is an attack on memory or a broken file. */
export const maxTokens = 4_000_000;
export const maxTokenId = maxTokens - 1;

/** What tokenizer.json says. */
export interface TokenizerJson {
  readonly tokens: ReadonlyMap<string, number>;
  readonly model: VocabularyModel;
  readonly added: readonly AddedToken[];
  readonly pipeline: Fields;
}

export const invalidTokenizer = (where: string, message: string): RefusedError =>
  refuse("TOKENIZER_INVALID", `${where}: ${message}`);

/**
 * Reads tokenizer.json. Ids must be whole numbers, each of one token; tokens must be strings.
 * @param where model and file, for messages
 * @throws RefusedError
 */
export function parseTokenizerJson(text: string, where: string): TokenizerJson {
  const pipeline: [string, unknown][] = [];
  let model: RawModel | null = null;
  let added: readonly AddedToken[] = [];
  scanJson(text, where, (scanner) =>
    scanner.object((key) => {
      if (key === "model") model = readModel(scanner, where);
      else if (key === "added_tokens") added = readAdded(readValue(scanner), where);
      else pipeline.push([checkKey(key, where), readValue(scanner)]);
    }),
  );
  const read = asModel(model, where);
  return {
    tokens: joinTokens(read.tokens, added, where),
    model: read.model,
    added: added.toSorted((a, b) => a.id - b.id),
    pipeline: Object.fromEntries(pipeline),
  };
}

/** In a vocabulary `__proto__` is a token like any other; as the name of a setting it has no honest use. */
function checkKey(key: string, where: string): string {
  if (key === "__proto__") throw invalidTokenizer(where, "the key __proto__ is not one of a tokenizer.");
  return key;
}

interface RawModel {
  readonly tokens: ReadonlyMap<string, number> | null;
  readonly scores: ReadonlyMap<string, number> | null;
  readonly merges: { readonly list: readonly Merge[]; readonly arePairs: boolean } | null;
  readonly fields: Fields;
}

function readModel(scanner: JsonScanner, where: string): RawModel {
  const fields: [string, unknown][] = [];
  let raw: Omit<RawModel, "fields"> = { tokens: null, scores: null, merges: null };
  scanner.object((key) => {
    if (key === "vocab" && scanner.peek() === "[") raw = { ...raw, ...readPieces(scanner, where) };
    else if (key === "vocab") raw = { ...raw, tokens: readTokens(scanner, where) };
    else if (key === "merges" && scanner.peek() === "[") raw = { ...raw, merges: readMerges(scanner, where) };
    else fields.push([checkKey(key, where), readValue(scanner)]);
  });
  return { ...raw, fields: Object.fromEntries(fields) };
}

/** A map of tokens to ids, as BPE, WordPiece and WordLevel write it. */
export function readTokens(scanner: JsonScanner, where: string): Map<string, number> {
  const tokens = new Map<string, number>();
  const owners = new Map<number, string>();
  scanner.object((token) => {
    if (!/[-\d]/.test(scanner.peek())) throw invalidTokenizer(where, `the id of the token ${quote(token)} is not a number.`);
    const id = checkId(Number(scanner.numeral()), token, where);
    const other = owners.get(id);
    if (other !== undefined)
      throw invalidTokenizer(where, `the tokens ${quote(other)} and ${quote(token)} have the same id ${id}.`);
    owners.set(id, token);
    tokens.set(token, id);
  });
  return tokens;
}

function checkId(id: number, token: string, where: string): number {
  if (Number.isInteger(id) && id >= 0 && id <= maxTokenId) return id;
  throw invalidTokenizer(where, `the token ${quote(token)} has the id ${id}; ids are whole numbers from 0 to ${maxTokenId}.`);
}

/** A list of pieces with their scores, as Unigram writes it: the place in the list is the id. */
function readPieces(scanner: JsonScanner, where: string): Pick<RawModel, "tokens" | "scores"> {
  const tokens = new Map<string, number>();
  const scores = new Map<string, number>();
  scanner.array(() => {
    const pair = readValue(scanner);
    const [token, score] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof token !== "string" || typeof score !== "number" || !Number.isFinite(score))
      throw invalidTokenizer(where, `piece ${tokens.size} of the vocabulary is not a token with a score.`);
    if (tokens.has(token)) throw invalidTokenizer(where, `the piece ${quote(token)} is twice in the vocabulary.`);
    tokens.set(token, checkId(tokens.size, token, where));
    scores.set(token, score);
  });
  return { tokens, scores };
}

function readMerges(scanner: JsonScanner, where: string): { list: Merge[]; arePairs: boolean } {
  const list: Merge[] = [];
  let arePairs = false;
  scanner.array(() => {
    const value = readValue(scanner);
    if (list.length === 0) arePairs = Array.isArray(value);
    const [left, right, ...more]: readonly unknown[] = typeof value === "string" ? value.split(" ") : asList(value);
    if (typeof left !== "string" || typeof right !== "string" || left === "" || right === "" || more.length > 0)
      throw invalidTokenizer(where, `merge ${list.length} is not a pair of tokens.`);
    if (list.length === maxTokens) throw invalidTokenizer(where, `it has more than ${maxTokens} merges.`);
    list.push([left, right]);
  });
  return { list, arePairs };
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function asModel(raw: RawModel | null, where: string): { tokens: ReadonlyMap<string, number>; model: VocabularyModel } {
  if (raw === null || raw.tokens === null) throw invalidTokenizer(where, "it has no model with a vocabulary.");
  const type = typeOf(raw, where);
  if ((type === "Unigram") !== (raw.scores !== null))
    throw invalidTokenizer(where, `the vocabulary is not written as a model of type ${type} writes it.`);
  const { type: _, ...fields } = raw.fields;
  const model = {
    type,
    merges: type === "BPE" ? (raw.merges?.list ?? []) : [],
    mergesArePairs: raw.merges?.arePairs ?? false,
    scores: raw.scores ?? new Map<string, number>(),
    fields,
  };
  return { tokens: raw.tokens, model };
}

/** The type as written; files of early versions leave it out. */
function typeOf({ fields, scores, merges }: RawModel, where: string): VocabularyType {
  const given = fields["type"];
  const known = vocabularyTypes.find((type) => type === given);
  if (known !== undefined) return known;
  if (given !== undefined)
    throw invalidTokenizer(
      where,
      `models of type ${quote(String(given))} are not supported; there are ${vocabularyTypes.join(", ")}.`,
    );
  if (scores !== null) return "Unigram";
  if (merges !== null) return "BPE";
  return "continuing_subword_prefix" in fields ? "WordPiece" : "WordLevel";
}

function readAdded(value: unknown, where: string): AddedToken[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw invalidTokenizer(where, "added_tokens is not a list.");
  return value.map((entry: unknown, i) => {
    if (!isFields(entry) || typeof entry["content"] !== "string" || typeof entry["id"] !== "number")
      throw invalidTokenizer(where, `added token ${i} has no content and id.`);
    const { content, id } = entry;
    const flag = (name: string) => entry[name] === true;
    return {
      id: checkId(id, content, where),
      content,
      singleWord: flag("single_word"),
      lstrip: flag("lstrip"),
      rstrip: flag("rstrip"),
      normalized: flag("normalized"),
      special: flag("special"),
    };
  });
}

/** The model's tokens and the added ones together; an added token that the model knows must have the id it has there. */
export function joinTokens(
  model: ReadonlyMap<string, number>,
  added: readonly AddedToken[],
  where: string,
): ReadonlyMap<string, number> {
  const tokens = new Map(model);
  const owners = new Map([...model].map(([token, id]) => [id, token]));
  const contents = new Set<string>();
  for (const { content, id } of added) {
    if (contents.has(content)) throw invalidTokenizer(where, `the added token ${quote(content)} is listed twice.`);
    contents.add(content);
    const earlier = tokens.get(content);
    if (earlier !== undefined && earlier !== id)
      throw invalidTokenizer(where, `the added token ${quote(content)} has the id ${id}, but ${earlier} in the vocabulary.`);
    const other = owners.get(id);
    if (other !== undefined && other !== content)
      throw invalidTokenizer(where, `the tokens ${quote(other)} and ${quote(content)} have the same id ${id}.`);
    owners.set(id, content);
    tokens.set(content, id);
  }
  return tokens;
}
