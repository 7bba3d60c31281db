import { readFileSync } from "node:fs";

export interface EncodedExamples {
  sequences: number[][];
  labels: number[];
}

export function readEncodedExamples(path: string, encode: (text: string) => ArrayLike<number>): EncodedExamples {
  const rows = readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { text: string; label: number });
  return { sequences: rows.map(({ text }) => Array.from(encode(text))), labels: rows.map(({ label }) => label) };
}

/** Row numbers in groups of at most `size`, neighbours in length together, so that little of a batch is padding. */
export function batchesByLength(
  sequences: readonly (readonly number[])[],
  size: number,
  order = sequences.map((_, i) => i),
): number[][] {
  const sorted = order.slice().sort((a, b) => (sequences[a]?.length ?? 0) - (sequences[b]?.length ?? 0));
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) => sorted.slice(i * size, (i + 1) * size));
}
