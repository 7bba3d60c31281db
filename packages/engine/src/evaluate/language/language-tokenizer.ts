import { join } from "node:path";
import { exists, readJson } from "../../runtime/checkpoint-tensors.ts";
import type { TextTokenizer } from "../../runtime/index.ts";

/** A tokenizer for scoring and writing text: it also knows where a text ends. */
export interface LanguageTokenizer extends Pick<TextTokenizer, "encodePlain" | "decode" | "before" | "after"> {
  /** Tokens that end a text, the usual one first. */
  readonly ends: ReadonlySet<number>;
}

/** Adds to a folder's tokenizer the tokens that end a text, by `generation_config.json`, `config.json` or the tokenizer's settings. */
export async function languageTokenizer(folder: string, tokenizer: TextTokenizer): Promise<LanguageTokenizer> {
  const { before, after } = tokenizer;
  return {
    before,
    after,
    encodePlain: (text) => tokenizer.encodePlain(text),
    decode: (ids) => tokenizer.decode(ids),
    ends: await endsOf(folder, tokenizer),
  };
}

async function endsOf(folder: string, tokenizer: TextTokenizer): Promise<Set<number>> {
  for (const name of ["generation_config.json", "config.json"]) {
    const ends = [(await readOptional(join(folder, name)))["eos_token_id"]].flat();
    const ids = ends.filter((id): id is number => typeof id === "number");
    if (ids.length > 0) return new Set(ids);
  }
  const named = (await readOptional(join(folder, "tokenizer_config.json")))["eos_token"];
  const token = typeof named === "object" && named !== null && "content" in named ? named.content : named;
  return new Set(typeof token === "string" ? [tokenizer.idOf(token)] : []);
}

async function readOptional(file: string): Promise<Record<string, unknown>> {
  const value = (await exists(file)) ? await readJson(file) : {};
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
