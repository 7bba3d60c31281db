import type { Document } from "../model/corpus.ts";
import type { Settings } from "../settings.ts";
import { writeTokenizer } from "./tokenizer-files.ts";
import { trainWordPiece } from "./wordpiece.ts";
import { wordsOf } from "./words.ts";

export function countWords(documents: readonly Document[], weights: Readonly<Record<string, number>>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { source, passages } of documents) {
    const weight = weights[source] ?? 1;
    for (const passage of passages) {
      for (const word of wordsOf(passage)) counts.set(word, (counts.get(word) ?? 0) + weight);
    }
  }
  return counts;
}

/** Writes the tokenizer to `folder` and returns its vocabulary. */
export function trainTokenizer(
  folder: string,
  counts: ReadonlyMap<string, number>,
  { vocabularySize, minCharacterCount, maxLength }: Settings["tokenizer"],
): string[] {
  const vocabulary = trainWordPiece(counts, vocabularySize, minCharacterCount);
  writeTokenizer(folder, vocabulary, maxLength);
  return vocabulary;
}
