import type { PairNetwork, TextNetwork } from "../../runtime/index.ts";

/** A network that says what token comes next. */
export type LanguageNetwork = TextNetwork | PairNetwork;

/** Tokens of which those from `from` on are scored, each given all before it (and the source, for an encoder with a decoder). */
export interface ScoredTokens {
  /** Only for an encoder with a decoder. */
  readonly source?: readonly number[];
  /** Begins with the start token of a decoder. */
  readonly tokens: readonly number[];
  /** At least 1: nothing comes before the first token. */
  readonly from: number;
}

/** Stands where there is no sequence. */
export const nothing: ScoredTokens = { tokens: [], from: 1 };

/** Sequences that go through the network together: neighbours that differ only in what is scored, where it can read their beginning once. */
export function groupsOf(network: LanguageNetwork, sequences: readonly ScoredTokens[]): number[][] {
  const canBranch = network.input === "tokens" && network.branchedLogits !== undefined;
  const groups: number[][] = [];
  let room = 0;
  sequences.forEach(({ tokens, from }, index) => {
    const current = groups.at(-1);
    const first = sequences[current?.[0] ?? -1];
    const own = tokens.length - 1 - from;
    if (canBranch && current && first && own <= room && isSameStem(first, { tokens, from })) {
      current.push(index);
      room -= own;
    } else {
      groups.push([index]);
      // Attention looks at pairs of tokens: many branches at once would cost more than reading their stem again.
      room = Math.max(from, leastBranches) - own;
    }
  });
  return groups;
}

/** Tokens of branches that are read with a short stem, too. */
const leastBranches = 128;

const isSameStem = (a: ScoredTokens, b: ScoredTokens): boolean => {
  if (a.from !== b.from) return false;
  for (let at = 0; at < a.from; at++) if (a.tokens[at] !== b.tokens[at]) return false;
  return true;
};

/** Tokens that a group takes in a batch. The last one of a sequence is only asked for, never shown. */
export function lengthOf(group: readonly ScoredTokens[]): number {
  const [{ source = [], from } = nothing] = group;
  const own = group.reduce((sum, { tokens }) => sum + tokens.length - 1 - from, 0);
  return Math.max(source.length, from + own);
}

/** Splits a batch that asks for more tokens than `maxRows`; one group is never split. */
export function withinLogits(batch: readonly number[][], sequences: readonly ScoredTokens[], maxRows: number): number[][][] {
  const parts: number[][][] = [];
  let room = 0;
  for (const group of batch) {
    const rows = group.reduce((sum, index) => sum + (sequences[index]?.tokens.length ?? 0) - (sequences[index]?.from ?? 0), 0);
    if (rows <= room) parts.at(-1)?.push(group);
    else {
      parts.push([group]);
      room = maxRows;
    }
    room -= rows;
  }
  return parts;
}
