import type { Contribution } from "./contribution.ts";

/** Of a table whose rows `ids` were looked up, as many for each example; dy [ids, width]. An example's gradient touches its own rows alone. */
export function embeddingRows(ids: Int32Array, dy: Float32Array, examples: number): Contribution {
  const each = ids.length / examples;
  const width = dy.length / ids.length;
  return {
    addSquares(sums) {
      for (let example = 0; example < examples; example++) {
        const rows = new Map<number, Float64Array>();
        for (let at = example * each; at < (example + 1) * each; at++) {
          const id = ids[at] as number;
          const row = rows.get(id) ?? new Float64Array(width);
          rows.set(id, row);
          for (let k = 0; k < width; k++) row[k] = (row[k] as number) + (dy[at * width + k] as number);
        }
        for (const [id, row] of rows) {
          for (let k = 0; k < width; k++) sums[id * width + k] = (sums[id * width + k] as number) + (row[k] as number) ** 2;
        }
      }
    },
    addGradient(example, into) {
      for (let at = example * each; at < (example + 1) * each; at++) {
        const start = (ids[at] as number) * width;
        for (let k = 0; k < width; k++) into[start + k] = (into[start + k] as number) + (dy[at * width + k] as number);
      }
    },
  };
}
