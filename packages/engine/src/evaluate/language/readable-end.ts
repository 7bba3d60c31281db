import type { LanguageTokenizer } from "./language-tokenizer.ts";

/** Few tokens are longer than this: what lies further from the end than a sequence can reach is not looked at. */
const CHARACTERS_PER_TOKEN = 32;
const SHORTEST_REACH = 4096;

/**
 * The end of a prompt that a model of `maxLength` tokens can read, without tokenising the megabytes before it. A prompt that fits, or nearly,
 * is left whole; one that is cut has more tokens than fit, so its beginning will be cut again, to the token.
 */
export function readableEnd(tokenizer: Pick<LanguageTokenizer, "encodePlain">, prompt: string, maxLength: number): string {
  const reach = Math.max(SHORTEST_REACH, maxLength * CHARACTERS_PER_TOKEN);
  if (prompt.length <= reach) return prompt;
  // Not between the halves of a character beyond U+FFFF.
  const end = prompt.slice(-reach).replace(/^[\udc00-\udfff]/, "");
  return tokenizer.encodePlain(end).length > maxLength + 1 ? end : prompt;
}
