import { z } from "zod";
import type { Factors } from "../adapters/factors.ts";
import type { Weighted } from "./parent-settings.ts";

// What the methods on adapters share.

export const maxRank = 65_536;
export const rankUpTo = z.int().min(1).max(maxRank);

/** What the factors of several adapters must have in common where they are added up. */
export function equalRanks(ranks: readonly number[], title: string): number | string {
  const [first = 0] = ranks;
  if (ranks.every((rank) => rank === first)) return first;
  return `${title} adds up factors of one rank; use lora_svd or lora_cat`;
}

/** Every adapter is in the result as often as its weight says. */
export const weightsOf = (parents: readonly Weighted[]) => ({ base: null, parents: parents.map(({ weight }) => weight) });

export const weightedParts = (parts: readonly { readonly factors: Factors; readonly own: Weighted }[]) =>
  parts.map(({ factors, own }) => ({ factors, weight: own.weight }));
