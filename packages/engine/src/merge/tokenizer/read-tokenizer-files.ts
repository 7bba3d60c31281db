import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { refuse } from "../fault.ts";
import { maxTokenizerBytes } from "./strict-json.ts";
import { sentencePieceNames, type TokenizerFile, tokenizerFileNames } from "./tokenizer-file.ts";

/**
 * The tokenizer files of a checkpoint folder.
 * @param label the model, for messages
 * @throws RefusedError for a file that is too large or no plain file
 */
export const readTokenizerFiles = async (folder: string, label: string): Promise<TokenizerFile[]> =>
  readFiles(folder, tokenizerFileNames, label);

/** Those that may hold a chat template. */
export const readTemplateFiles = async (folder: string, label: string): Promise<TokenizerFile[]> =>
  readFiles(folder, ["chat_template.jinja", "tokenizer_config.json"], label);

/** Without tokenizer.json, each of these can change how text becomes ids. */
const legacyNames = [
  "vocab.json",
  "merges.txt",
  "vocab.txt",
  "added_tokens.json",
  "tokenizer_config.json",
  ...sentencePieceNames,
];

/**
 * The files that decide how text becomes ids: tokenizer.json, else the older ones; none when there is no vocabulary among them.
 * @throws RefusedError for a file that is too large or no plain file
 */
export async function readDecidingFiles(folder: string, label: string): Promise<TokenizerFile[]> {
  const modern = await readFiles(folder, ["tokenizer.json"], label);
  if (modern.length > 0) return modern;
  const legacy = await readFiles(folder, legacyNames, label);
  const names = new Set(legacy.map(({ path }) => path));
  const isTokenizer =
    (names.has("vocab.json") && names.has("merges.txt")) ||
    names.has("vocab.txt") ||
    sentencePieceNames.some((name) => names.has(name));
  return isTokenizer ? legacy : [];
}

async function readFiles(folder: string, wanted: readonly string[], label: string): Promise<TokenizerFile[]> {
  const present = new Set(await readdir(folder));
  const names = wanted.filter((name) => present.has(name));
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
