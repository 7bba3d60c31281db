/** Column of the highest score of every row of [rows, columns] (the lowest among equals). Throws when a score is not finite. */
export function topLabels(scores: Float32Array, columns: number): Int32Array {
  return Int32Array.from({ length: scores.length / columns }, (_, row) => {
    let best = 0;
    for (let column = 0; column < columns; column++) {
      const score = scores[row * columns + column] ?? Number.NaN;
      if (!Number.isFinite(score)) throw new Error("The model gives a score that is not a finite number.");
      if (score > (scores[row * columns + best] ?? Number.NEGATIVE_INFINITY)) best = column;
    }
    return best;
  });
}
