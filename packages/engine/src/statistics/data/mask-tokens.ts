import type { TokenExample } from "../token-example.ts";
import { uniform } from "../uniform.ts";

/** Which tokens of a text a masked-language head is asked for. */
export interface MaskChoice {
  /** Share of a text's tokens, special tokens not counted; at least one is masked. */
  readonly share: number;
  readonly seed: number;
}

/**
 * Hides round(share · n) of a text's n tokens, at least one, behind the mask token; each is to be told from all others. Which ones depends
 * on seed and index of the text alone. All of them are hidden: that some stay or become another token, as in training, is for models
 * that are to see whole texts later, and would make the gradient that of another question.
 * @param ids with special tokens, of which `before` stand at the beginning and `after` at the end
 * @throws RangeError for a text without tokens
 * Source: Devlin et al. 2018 (15 % of the tokens).
 */
export function maskTokens(
  ids: readonly number[],
  { before, after, maskId, index, share, seed }: MaskChoice & { before: number; after: number; maskId: number; index: number },
): TokenExample {
  const places = Array.from({ length: ids.length - before - after }, (_, at) => before + at);
  if (places.length === 0) throw new RangeError(`Example ${index + 1} has no token to mask.`);
  const count = Math.max(1, Math.round(share * places.length));
  const positions = places
    .map((at) => ({ at, key: uniform(seed, index, at) }))
    .sort((a, b) => a.key - b.key || a.at - b.at)
    .slice(0, count)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  const input = [...ids];
  for (const at of positions) input[at] = maskId;
  return { input, positions, targets: positions.map((at) => ids[at] as number) };
}
