/**
 * A LoRA module in memory, in the orientation of the base tensor W [rows, columns]: its delta is scale · b · a. Row by row.
 */
export interface Factors {
  /** rank × columns */
  readonly a: Float32Array;
  /** rows × rank */
  readonly b: Float32Array;
  /** 0 for a delta of zeros */
  readonly rank: number;
  readonly rows: number;
  readonly columns: number;
  readonly scale: number;
}

/** rows × columns read by columns. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) result[j * rows + i] = values[i * columns + j] as number;
  }
  return result;
}
