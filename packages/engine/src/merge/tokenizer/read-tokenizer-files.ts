import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { refuse } from "../fault.ts";
import { maxTokenizerBytes } from "./strict-json.ts";
import { type TokenizerFile, tokenizerFileNames } from "./tokenizer-file.ts";

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
