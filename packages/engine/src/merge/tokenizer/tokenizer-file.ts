import type { Fields } from "../record.ts";
import { decodeText, parseFields } from "./strict-json.ts";

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

/** Binary models; slow tokenizers read them in place of tokenizer.json. */
export const sentencePieceNames: readonly string[] = ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];

/** A file by its name in the folder. */
export interface TokenizerFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/** A tokenizer file that holds text; null when there is none. */
export function textOf(files: readonly TokenizerFile[], name: string, label: string): string | null {
  const file = files.find(({ path }) => path === name);
  return file === undefined ? null : decodeText(file.data, `${label}: ${name}`);
}

/** A tokenizer file that holds a JSON object; null when there is none. */
export function fileFields(files: readonly TokenizerFile[], name: string, label: string): Fields | null {
  const text = textOf(files, name, label);
  return text === null ? null : parseFields(text, `${label}: ${name}`);
}
