import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { refuse } from "../fault.ts";
import type { Fields } from "../record.ts";
import { byteLevelTokenizer, type LegacyFiles, saveAdvice, wordPieceTokenizer } from "./legacy-tokenizers.ts";
import { maxTokenId, parseTokenizerJson, type TokenizerJson } from "./parse-tokenizer-json.ts";
import { decodeText, maxTokenizerBytes, parseFields } from "./strict-json.ts";
import { toVocabulary, type Vocabulary } from "./vocabulary.ts";

/** Files that describe a tokenizer; a merge of tokenizers writes or leaves out each of them. */
export const tokenizerFileNames = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "vocab.txt",
  "tokenizer.model",
  "spiece.model",
  "sentencepiece.bpe.model",
  "chat_template.jinja",
] as const;

/** A file by its name in the folder. */
export interface TokenizerFile {
  readonly path: string;
  readonly data: Uint8Array;
}

const sentencePieceNames = ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];

/**
 * The tokenizer files of a checkpoint folder.
 * @param label the model, for messages
 * @throws RefusedError for a file that is too large or no plain file
 */
export async function readTokenizerFiles(folder: string, label: string): Promise<TokenizerFile[]> {
  const present = new Set(await readdir(folder));
  const names = tokenizerFileNames.filter((name) => present.has(name));
  return Promise.all(names.map(async (path) => ({ path, data: await readBounded(join(folder, path), `${label}: ${path}`) })));
}

async function readBounded(path: string, where: string): Promise<Uint8Array> {
  const info = await stat(path).catch(() => null);
  if (info === null || !info.isFile())
    throw refuse("TOKENIZER_INVALID", `${where} is not a readable file; replace it by the model's own.`);
  if (info.size > maxTokenizerBytes)
    throw refuse("TOKENIZER_INVALID", `${where} has ${info.size} bytes; a tokenizer file has at most ${maxTokenizerBytes}.`);
  return readFile(path);
}

/**
 * Reads the tokenizer of a checkpoint folder: tokenizer.json, else GPT-2's vocab.json and merges.txt, else BERT's vocab.txt.
 * @param label the model, for messages
 * @throws RefusedError for a folder without tokenizer, sentencepiece alone, and broken or hostile files
 */
export async function readVocabulary(folder: string, label: string = folder): Promise<Vocabulary> {
  return vocabularyOf(await readTokenizerFiles(folder, label), label);
}

/** The same of files that were read before. */
export function vocabularyOf(files: readonly TokenizerFile[], label: string): Vocabulary {
  const read = readJson(files, label);
  for (const id of read.tokens.values())
    if (id > maxTokenId) throw refuse("TOKENIZER_INVALID", `${label}: the id ${id} is too large.`);
  return toVocabulary({ ...read, label, files: files.map(({ path }) => path) });
}

function readJson(files: readonly TokenizerFile[], label: string): TokenizerJson {
  const json = fileText(files, "tokenizer.json", label);
  if (json !== null) return parseTokenizerJson(json, `${label}: tokenizer.json`);
  const legacy: LegacyFiles = {
    label,
    settings: fileFields(files, "tokenizer_config.json", label) ?? {},
    addedIds: fileFields(files, "added_tokens.json", label) ?? {},
  };
  const vocabJson = fileText(files, "vocab.json", label);
  const merges = fileText(files, "merges.txt", label);
  if (vocabJson !== null && merges !== null) return byteLevelTokenizer(vocabJson, merges, legacy);
  const vocabText = fileText(files, "vocab.txt", label);
  if (vocabText !== null) return wordPieceTokenizer(vocabText, legacy);
  const piece = files.find(({ path }) => sentencePieceNames.includes(path));
  if (piece !== undefined)
    throw refuse("TOKENIZER_UNSUPPORTED", `${label}: ${piece.path} (sentencepiece) alone cannot be read; ${saveAdvice}.`);
  throw refuse("TOKENIZER_MISSING", `${label} has no tokenizer.json, vocab.json with merges.txt, or vocab.txt; ${saveAdvice}.`);
}

function fileText(files: readonly TokenizerFile[], name: string, label: string): string | null {
  const file = files.find(({ path }) => path === name);
  return file === undefined ? null : decodeText(file.data, `${label}: ${name}`);
}

/** A tokenizer file that holds a JSON object; null when there is none. */
export function fileFields(files: readonly TokenizerFile[], name: string, label: string): Fields | null {
  const text = fileText(files, name, label);
  return text === null ? null : parseFields(text, `${label}: ${name}`);
}

/** A tokenizer file that holds text; null when there is none. */
export const textOf = fileText;
