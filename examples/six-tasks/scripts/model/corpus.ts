import { readFileSync } from "node:fs";

export interface Document {
  source: string;
  passages: string[];
}

export function readCorpus(path: string): Document[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Document);
}

/** Encoded passages of one corpus in reading order; `documentOf` says which belong together. */
export interface EncodedCorpus {
  name: string;
  passages: Int32Array[];
  documentOf: Int32Array;
}

export function encodeCorpus(documents: readonly Document[], encode: (text: string) => ArrayLike<number>): EncodedCorpus[] {
  const corpora = new Map<string, { passages: Int32Array[]; documentOf: number[] }>();
  for (const [id, document] of documents.entries()) {
    const corpus = corpora.get(document.source) ?? { passages: [], documentOf: [] };
    corpora.set(document.source, corpus);
    for (const passage of document.passages) {
      corpus.passages.push(Int32Array.from(encode(passage)));
      corpus.documentOf.push(id);
    }
  }
  return [...corpora].map(([name, { passages, documentOf }]) => ({ name, passages, documentOf: Int32Array.from(documentOf) }));
}

/** How often each token stands in the corpus, for drawing rare words more often than common ones. */
export function tokenFrequencies(corpora: readonly EncodedCorpus[], vocabularySize: number): Float64Array {
  const counts = new Float64Array(vocabularySize);
  let total = 0;
  for (const { passages } of corpora) {
    for (const ids of passages) {
      for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
      total += ids.length;
    }
  }
  return counts.map((count) => count / total);
}
