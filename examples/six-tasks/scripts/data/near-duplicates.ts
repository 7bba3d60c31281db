import { hashText } from "../random.ts";

const shingleWords = 4;

/** Letters and digits only, lower case, single spaces: what two copies of a text still share. */
export const normalise = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .trim();

function shingles(text: string): number[] {
  const words = normalise(text).split(" ");
  if (words.length <= shingleWords) return [hashText(words.join(" "))];
  return Array.from({ length: words.length - shingleWords + 1 }, (_, i) => hashText(words.slice(i, i + shingleWords).join(" ")));
}

/**
 * Texts already seen, by their runs of four words. A text is a near-duplicate when one seen text holds at least
 * half of its runs; an exact copy after normalisation is the case where it holds all of them.
 */
export class SeenTexts {
  private readonly holders = new Map<number, number[]>();
  private readonly exact = new Set<string>();
  private count = 0;

  add(text: string): void {
    this.exact.add(normalise(text));
    const id = this.count++;
    for (const shingle of new Set(shingles(text))) {
      const known = this.holders.get(shingle);
      if (known) known.push(id);
      else this.holders.set(shingle, [id]);
    }
  }

  judge(text: string): "new" | "near" | "exact" {
    if (this.exact.has(normalise(text))) return "exact";
    const own = new Set(shingles(text));
    const shared = new Map<number, number>();
    for (const shingle of own) {
      for (const id of this.holders.get(shingle) ?? []) shared.set(id, (shared.get(id) ?? 0) + 1);
    }
    let most = 0;
    for (const n of shared.values()) most = Math.max(most, n);
    return most * 2 >= own.size && most > 0 ? "near" : "new";
  }
}
