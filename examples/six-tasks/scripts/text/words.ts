/**
 * Words as BERT's normalizer and pre-tokenizer make them: lower case, accents kept (they tell languages apart), every
 * punctuation mark on its own. Only used to train the vocabulary; models see text through the tokenizer library.
 */
export function wordsOf(text: string): string[] {
  const clean = text.replace(/[\p{Cc}\p{Cf}\ufffd]/gu, (c) => (/[\t\n\r]/.test(c) ? " " : "")).toLowerCase();
  return clean.match(/[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu) ?? [];
}
