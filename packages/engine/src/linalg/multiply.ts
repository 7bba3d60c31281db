import { addProduct, turned, whole, within } from "./add-product.ts";
import { type Matrix, zeros } from "./matrix.ts";

export interface Transposes {
  /** Use aᵀ in place of a; nothing is copied for it */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * a·b in f64, with either operand transposed. Cost 2·rows·inner·columns operations.
 * @throws RangeError when the inner sizes differ
 */
export function multiply(a: Matrix, b: Matrix, { transposeA = false, transposeB = false }: Transposes = {}): Matrix {
  const left = transposeA ? turned(whole(a)) : whole(a);
  const right = transposeB ? turned(whole(b)) : whole(b);
  if (left.columns !== right.rows)
    throw new RangeError(`A ${left.rows}×${left.columns} matrix cannot be multiplied by one of ${right.rows}×${right.columns}.`);
  const result = zeros(left.rows, right.columns);
  addProduct(whole(result), left, right);
  return result;
}

const strip = 192;

/**
 * Gram matrix aᵀa (columns × columns), exactly symmetric: one triangle is computed, the other copied.
 * It squares the condition of `a`: take a singular value decomposition where small singular values matter.
 */
export function gram(a: Matrix): Matrix {
  const size = a.columns;
  const result = zeros(size, size);
  const block = whole(a);
  for (let begin = 0; begin < size; begin += strip) {
    const width = Math.min(strip, size - begin);
    const right = within(block, 0, begin, a.rows, width);
    const left = turned(within(block, 0, 0, a.rows, begin + width));
    addProduct(within(whole(result), 0, begin, begin + width, width), left, right);
  }
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < i; j += 1) result.data[i * size + j] = result.data[j * size + i] as number;
  }
  return result;
}
