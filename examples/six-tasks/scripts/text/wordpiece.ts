export const specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

interface TrainingWord {
  pieces: number[];
  count: number;
}

/**
 * A WordPiece vocabulary by repeatedly joining the most frequent pair of neighbouring pieces (the trainer of Hugging Face's
 * tokenizers does the same). Order: special tokens, characters, joined pieces. Ties go to the pair met first, so the
 * result depends on nothing but the counts and their order.
 */
export function trainWordPiece(counts: ReadonlyMap<string, number>, size: number, minCharacterCount: number): string[] {
  const vocabulary = [...specialTokens, ...alphabet(counts, minCharacterCount)];
  const idOf = new Map(vocabulary.map((piece, id) => [piece, id]));
  const words = splitIntoCharacters(counts, idOf);
  const pairs = new PairCounts(words);
  while (vocabulary.length < size) {
    const best = pairs.mostFrequent();
    if (!best) break;
    const joined = `${vocabulary[best.left]}${(vocabulary[best.right] ?? "").replace(/^##/, "")}`;
    let id = idOf.get(joined);
    if (id === undefined) {
      id = vocabulary.length;
      vocabulary.push(joined);
      idOf.set(joined, id);
    }
    pairs.join(best, id);
  }
  return vocabulary;
}

function alphabet(counts: ReadonlyMap<string, number>, minCount: number): string[] {
  const seen = new Map<string, number>();
  for (const [word, count] of counts) {
    for (const character of word) seen.set(character, (seen.get(character) ?? 0) + count);
  }
  const kept = [...seen].filter(([, count]) => count >= minCount).map(([character]) => character);
  kept.sort();
  return [...kept, ...kept.filter((character) => /[\p{L}\p{M}\p{N}]/u.test(character)).map((character) => `##${character}`)];
}

function splitIntoCharacters(counts: ReadonlyMap<string, number>, idOf: ReadonlyMap<string, number>): TrainingWord[] {
  const words: TrainingWord[] = [];
  for (const [word, count] of counts) {
    const pieces = [...word].map((character, i) => idOf.get(i === 0 ? character : `##${character}`));
    if (pieces.every((id) => id !== undefined)) words.push({ pieces, count });
  }
  return words;
}

interface Pair {
  index: number;
  left: number;
  right: number;
}

/** Counts of neighbouring pairs, kept up to date while pairs are joined. */
class PairCounts {
  private readonly indexOf = new Map<number, number>();
  private readonly keys: number[] = [];
  private readonly counts: number[] = [];
  private readonly holders: Set<TrainingWord>[] = [];

  constructor(words: readonly TrainingWord[]) {
    for (const word of words) this.change(word, 1);
  }

  mostFrequent(): Pair | undefined {
    let best = -1;
    let bestCount = 1;
    for (let i = 0; i < this.counts.length; i++) {
      const count = this.counts[i] ?? 0;
      if (count > bestCount) {
        best = i;
        bestCount = count;
      }
    }
    const key = this.keys[best];
    return key === undefined ? undefined : { index: best, left: Math.floor(key / 2 ** 20), right: key % 2 ** 20 };
  }

  join(pair: Pair, id: number): void {
    for (const word of [...(this.holders[pair.index] ?? [])]) {
      this.change(word, -1);
      const joined: number[] = [];
      for (let i = 0; i < word.pieces.length; i++) {
        const piece = word.pieces[i] ?? 0;
        if (piece === pair.left && word.pieces[i + 1] === pair.right) {
          joined.push(id);
          i++;
        } else joined.push(piece);
      }
      word.pieces = joined;
      this.change(word, 1);
    }
    this.counts[pair.index] = 0;
  }

  private change(word: TrainingWord, sign: 1 | -1): void {
    for (let i = 0; i + 1 < word.pieces.length; i++) {
      const index = this.pairIndex(word.pieces[i] ?? 0, word.pieces[i + 1] ?? 0);
      this.counts[index] = (this.counts[index] ?? 0) + sign * word.count;
      if (sign > 0) this.holders[index]?.add(word);
      else this.holders[index]?.delete(word);
    }
  }

  private pairIndex(left: number, right: number): number {
    const key = left * 2 ** 20 + right;
    let index = this.indexOf.get(key);
    if (index === undefined) {
      index = this.keys.length;
      this.indexOf.set(key, index);
      this.keys.push(key);
      this.counts.push(0);
      this.holders.push(new Set());
    }
    return index;
  }
}
