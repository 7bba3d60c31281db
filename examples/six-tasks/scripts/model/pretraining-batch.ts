import { type Random, shuffled } from "../random.ts";
import type { EncodedCorpus } from "./corpus.ts";

const [cls, sep, mask, firstWord] = [2, 3, 4, 5];

export interface PretrainingBatch {
  /** Rows 0..n-1 and n..2n-1 are two passages of the same document, with some tokens hidden. */
  sequences: number[][];
  /** Hidden tokens: row, column and what stood there. */
  masked: { row: number; column: number; id: number }[];
  /** Words of a row, to be told from its pooled vector alone. */
  words: { row: number; id: number }[];
}

export interface BatchShape {
  pairs: number;
  maskedShare: number;
  wordsPerText: number;
  frequencies: Float64Array;
  vocabularySize: number;
}

/**
 * Draws pairs of neighbouring passages of one corpus (a document of one passage pairs with itself, hidden differently), so
 * that telling a pair from the other rows takes more than telling the corpora apart.
 */
export function drawBatch(corpus: EncodedCorpus, shape: BatchShape, random: Random): PretrainingBatch {
  const first: Int32Array[] = [];
  const second: Int32Array[] = [];
  for (let i = 0; i < shape.pairs; i++) {
    const index = Math.floor(random() * corpus.passages.length);
    first.push(passageAt(corpus, index));
    second.push(passageAt(corpus, neighbour(corpus, index)));
  }
  const originals = cropped([...first, ...second]);
  const masked: PretrainingBatch["masked"] = [];
  const sequences = originals.map((original, row) => hideTokens(original, row, shape, random, masked));
  const words = originals.flatMap((original, row) => drawWords(original, row, shape, random));
  return { sequences, masked: shuffled(masked, random).slice(0, wholeMultiple(masked.length)), words };
}

/**
 * Sizes come in few values: the backend reuses an array only for the very same length, and fresh ones cost as much as the
 * arithmetic. So texts are cut to the batch's 85th percentile, a multiple of 8, and masked tokens counted in 32s.
 */
function cropped(texts: readonly Int32Array[]): Int32Array[] {
  const lengths = texts.map((text) => text.length).sort((a, b) => a - b);
  const length = Math.max(8, Math.floor((lengths[Math.floor(lengths.length * 0.85)] ?? 8) / 8) * 8);
  return texts.map((text) => (text.length <= length ? text : Int32Array.of(...text.subarray(0, length - 1), sep)));
}

const wholeMultiple = (count: number): number => (count < 32 ? count : Math.floor(count / 32) * 32);

const passageAt = (corpus: EncodedCorpus, index: number): Int32Array => corpus.passages[index] ?? Int32Array.of(cls, sep);

function neighbour(corpus: EncodedCorpus, index: number): number {
  if (corpus.documentOf[index + 1] === corpus.documentOf[index]) return index + 1;
  return index > 0 && corpus.documentOf[index - 1] === corpus.documentOf[index] ? index - 1 : index;
}

/** BERT's corruption: of the chosen tokens 80 % become [MASK], 10 % a random token, 10 % stay. */
function hideTokens(
  original: Int32Array,
  row: number,
  shape: BatchShape,
  random: Random,
  masked: PretrainingBatch["masked"],
): number[] {
  const ids = [...original];
  for (let column = 1; column < ids.length - 1; column++) {
    if (random() >= shape.maskedShare) continue;
    masked.push({ row, column, id: ids[column] ?? 0 });
    const u = random();
    if (u < 0.8) ids[column] = mask;
    else if (u < 0.9) ids[column] = firstWord + Math.floor(random() * (shape.vocabularySize - firstWord));
  }
  return ids;
}

/** A few words of a text; common ones are passed over most of the time, as word2vec does. */
function drawWords(original: Int32Array, row: number, shape: BatchShape, random: Random): PretrainingBatch["words"] {
  const out: PretrainingBatch["words"] = [];
  for (let tries = 0; tries < 4 * shape.wordsPerText && out.length < shape.wordsPerText && original.length > 2; tries++) {
    const id = original[1 + Math.floor(random() * (original.length - 2))] ?? 0;
    if (random() < Math.sqrt(1e-3 / Math.max(shape.frequencies[id] ?? 0, 1e-9))) out.push({ row, id });
  }
  return out;
}
