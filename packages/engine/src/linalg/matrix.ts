/** A dense matrix of f64, row by row: element (i, j) is `data[i * columns + j]`. Either size may be 0. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/**
 * A matrix over values that lie row by row: shares a Float64Array, copies anything else.
 * @throws RangeError when the number of values is not rows × columns
 */
export function matrix(rows: number, columns: number, values: ArrayLike<number>): Matrix {
  if (values.length !== rows * columns)
    throw new RangeError(`A ${rows}×${columns} matrix has ${rows * columns} values, not ${values.length}.`);
  return { rows, columns, data: values instanceof Float64Array ? values : Float64Array.from(values) };
}

export const zeros = (rows: number, columns: number): Matrix => ({ rows, columns, data: new Float64Array(rows * columns) });

/** Ones on the diagonal; may be tall or wide. */
export function identity(rows: number, columns: number = rows): Matrix {
  const result = zeros(rows, columns);
  for (let i = 0; i < Math.min(rows, columns); i += 1) result.data[i * columns + i] = 1;
  return result;
}

export function transpose({ rows, columns, data }: Matrix): Matrix {
  const result = zeros(columns, rows);
  // Squares of 32 × 32: walking whole columns would miss the cache at every step.
  for (let rowBegin = 0; rowBegin < rows; rowBegin += 32) {
    const rowEnd = Math.min(rows, rowBegin + 32);
    for (let columnBegin = 0; columnBegin < columns; columnBegin += 32) {
      const columnEnd = Math.min(columns, columnBegin + 32);
      for (let i = rowBegin; i < rowEnd; i += 1) {
        for (let j = columnBegin; j < columnEnd; j += 1) result.data[j * rows + i] = data[i * columns + j] as number;
      }
    }
  }
  return result;
}

/** A copy of the columns from `begin` up to, not including, `end`. */
export function columnRange({ rows, columns, data }: Matrix, begin: number, end: number): Matrix {
  const result = zeros(rows, end - begin);
  for (let i = 0; i < rows; i += 1) result.data.set(data.subarray(i * columns + begin, i * columns + end), i * (end - begin));
  return result;
}

/** Matrices of equal height side by side. */
export function sideBySide(parts: readonly Matrix[]): Matrix {
  const rows = parts[0]?.rows ?? 0;
  const result = zeros(
    rows,
    parts.reduce((sum, part) => sum + part.columns, 0),
  );
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < rows; i += 1)
      result.data.set(part.data.subarray(i * part.columns, (i + 1) * part.columns), i * result.columns + at);
    at += part.columns;
  }
  return result;
}

/** Σ xᵢ² in f64, front to back. */
export function sumOfSquares(values: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) {
    const x = values[i] as number;
    sum += x * x;
  }
  return sum;
}
