import { addProduct, turned, whole, within } from "./add-product.ts";
import type { Cholesky } from "./cholesky.ts";
import type { Matrix } from "./matrix.ts";

/** Columns that are worked on together, so that nearly all work is products of matrices. */
const width = 64;

/**
 * Factor of a symmetric positive definite matrix, in place of it, for matrices of thousands of rows; null where it is not positive
 * definite (its content is then lost). The lower triangle is read. Cost rows³ / 3 multiplications.
 */
export function choleskyInPlace(a: Matrix): Cholesky | null {
  const { rows: size, data } = a;
  const all = whole(a);
  for (let begin = 0; begin < size; begin += width) {
    const columns = Math.min(width, size - begin);
    const [below, beside] = [within(all, begin, 0, size - begin, begin), within(all, begin, 0, columns, begin)];
    if (begin > 0) addProduct(within(all, begin, begin, size - begin, columns), below, turned(beside), -1);
    for (let i = begin; i < size; i += 1) {
      for (let j = begin; j <= Math.min(i, begin + columns - 1); j += 1) {
        let sum = data[i * size + j] as number;
        for (let k = begin; k < j; k += 1) sum -= (data[i * size + k] as number) * (data[j * size + k] as number);
        if (i !== j) data[i * size + j] = sum / (data[j * size + j] as number);
        else if (sum > 0) data[i * size + i] = Math.sqrt(sum);
        else return null;
      }
    }
  }
  return { size, data, jitter: 0 };
}

/** A⁻¹·B in place of B [size, columns]. Cost 2·size²·columns multiplications. */
export function solveInPlace(factor: Cholesky, b: Matrix): void {
  const { size, data } = factor;
  const [lower, right] = [whole({ rows: size, columns: size, data }), whole(b)];
  const rowsOf = (begin: number, rows: number) => within(right, begin, 0, rows, b.columns);
  for (let begin = 0; begin < size; begin += width) {
    const rows = Math.min(width, size - begin);
    if (begin > 0) addProduct(rowsOf(begin, rows), within(lower, begin, 0, rows, begin), rowsOf(0, begin), -1);
    for (let i = begin; i < begin + rows; i += 1) {
      for (let j = begin; j < i; j += 1) subtractRow(b, i, j, data[i * size + j] as number);
      divideRow(b, i, data[i * size + i] as number);
    }
  }
  for (let begin = Math.floor((size - 1) / width) * width; begin >= 0; begin -= width) {
    const end = Math.min(size, begin + width);
    const under = turned(within(lower, end, begin, size - end, end - begin));
    if (end < size) addProduct(rowsOf(begin, end - begin), under, rowsOf(end, size - end), -1);
    for (let i = end - 1; i >= begin; i -= 1) {
      for (let j = i + 1; j < end; j += 1) subtractRow(b, i, j, data[j * size + i] as number);
      divideRow(b, i, data[i * size + i] as number);
    }
  }
}

/** Row i less factor times row j. */
function subtractRow({ columns, data }: Matrix, i: number, j: number, factor: number): void {
  const [to, from] = [i * columns, j * columns];
  for (let c = 0; c < columns; c += 1) data[to + c] = (data[to + c] as number) - factor * (data[from + c] as number);
}

function divideRow({ columns, data }: Matrix, i: number, divisor: number): void {
  const to = i * columns;
  for (let c = 0; c < columns; c += 1) data[to + c] = (data[to + c] as number) / divisor;
}
