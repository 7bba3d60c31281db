import type { TextTokenizer } from "../runtime/index.ts";

/** No tokenizer in use makes tokens of more characters on average; a longer text is looked at only as far as it can matter. */
const CHARACTERS_PER_TOKEN = 32;

/** Ids of a text, cut to what the model takes, without tokenising the megabytes that are cut off anyway. */
export function encodeWithin(tokenizer: TextTokenizer, text: string, maxLength: number): { ids: number[]; isCut: boolean } {
  const reach = maxLength * CHARACTERS_PER_TOKEN;
  if (text.length > reach) {
    const ids = tokenizer.encode(text.slice(0, reach), Number.POSITIVE_INFINITY);
    if (ids.length > maxLength) return { ids: cut(ids, maxLength), isCut: true };
  }
  const ids = tokenizer.encode(text, Number.POSITIVE_INFINITY);
  return ids.length > maxLength ? { ids: cut(ids, maxLength), isCut: true } : { ids, isCut: false };
}

/** The end goes, not the last special token. */
const cut = (ids: readonly number[], maxLength: number): number[] => [...ids.slice(0, maxLength - 1), ids.at(-1) ?? 0];
