import type { LanguageTokenizer } from "./language-tokenizer.ts";
import { readableEnd } from "./readable-end.ts";
import type { LanguageNetwork, ScoredTokens } from "./stem-groups.ts";

/** A prompt with one of its possible continuations, ready to be scored. */
export interface Continuation extends ScoredTokens {
  /** Whether the beginning of the prompt was cut off, to fit. */
  readonly isCut: boolean;
}

/**
 * The tokens of a prompt with each of its choices.
 *
 * An encoder reads prompt and its template's tokens; its decoder is scored on the choice and the token that ends a text, as such models
 * are trained. A causal model reads prompt and choice as one text; what is scored begins where the tokens of the choices first differ
 * from those of the prompt, at the same place for all choices, so that a token that spans the seam counts for each of them.
 * A prompt too long loses its beginning, because its end stands next to the choices. Throws an Error that begins with `where` when a
 * choice alone does not fit.
 */
export function continuationsOf(
  network: LanguageNetwork,
  tokenizer: LanguageTokenizer,
  { prompt: given, choices, separator, where }: { prompt: string; choices: readonly string[]; separator: string; where: string },
): Continuation[] {
  const prompt = readableEnd(tokenizer, given, network.maxLength);
  if (network.input === "pairs") return pairs(network, tokenizer, { prompt, choices, where });
  const before = beginning(tokenizer);
  const alone = tokenizer.encodePlain(prompt);
  const seam = /\s$/.test(prompt) || prompt === "" ? "" : separator;
  const whole = choices.map((choice) => tokenizer.encodePlain(prompt + (/^\s/.test(choice) ? "" : seam) + choice));
  const shared = Math.min(...whole.map((ids) => commonPrefix(ids, alone)));
  return whole.map((ids, index) => {
    const from = before.length + shared;
    if (ids.length <= shared) throw new Error(`${where}choice ${index + 1} adds no token to its prompt.`);
    if (from === 0)
      throw new Error(
        `${where}the prompt is empty, and the tokenizer has no token that begins a text; nothing says how likely its first token is.`,
      );
    return fitted({ tokens: [...before, ...ids], from }, before.length, network.maxLength, `${where}choice ${index + 1}`);
  });
}

/** What stands before every text: the template's tokens; where it has none, the token that ends texts also begins them, as in GPT-2. */
export function beginning({ before, ends }: LanguageTokenizer): readonly number[] {
  if (before.length > 0) return before;
  const [end] = ends;
  return end === undefined ? [] : [end];
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  for (let at = 0; at < end; at++) if (a[at] !== b[at]) return at;
  return end;
}

/** The last token is not shown to the model, so one more than `maxLength` fits. */
function fitted({ tokens, from }: ScoredTokens, kept: number, maxLength: number, what: string): Continuation {
  const surplus = tokens.length - 1 - maxLength;
  if (surplus <= 0) return { tokens, from, isCut: false };
  if (from - surplus < Math.max(1, kept))
    throw new Error(`${what} has ${tokens.length - from} tokens, and the model takes ${maxLength}.`);
  return { tokens: [...tokens.slice(0, kept), ...tokens.slice(kept + surplus)], from: from - surplus, isCut: true };
}

function pairs(
  network: Extract<LanguageNetwork, { input: "pairs" }>,
  tokenizer: LanguageTokenizer,
  { prompt, choices, where }: { prompt: string; choices: readonly string[]; where: string },
): Continuation[] {
  const { source, isCut } = sourceOf(tokenizer, prompt, network.maxLength);
  const [end] = tokenizer.ends;
  return choices.map((choice, index) => {
    const target = [...tokenizer.encodePlain(choice), ...(end === undefined ? [] : [end])];
    if (target.length > network.maxLength)
      throw new Error(`${where}choice ${index + 1} has ${target.length} tokens, and the model takes ${network.maxLength}.`);
    return { source, tokens: [network.startToken, ...target], from: 1, isCut };
  });
}

/** What an encoder reads: the prompt within its template; a prompt too long loses its beginning. */
export function sourceOf(tokenizer: LanguageTokenizer, prompt: string, maxLength: number): { source: number[]; isCut: boolean } {
  const { before, after } = tokenizer;
  const ids = tokenizer.encodePlain(prompt);
  const room = maxLength - before.length - after.length;
  const kept = ids.length > room ? ids.slice(ids.length - room) : ids;
  return { source: [...before, ...kept, ...after], isCut: kept.length < ids.length };
}
