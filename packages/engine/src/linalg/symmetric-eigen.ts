import { diagonaliseTridiagonal } from "./diagonalise.ts";
import { type Matrix, transpose, zeros } from "./matrix.ts";
import { formColumns, panelsOf, reflect } from "./reflectors.ts";
import { rotationLog } from "./rotations.ts";
import { scaledToUnit } from "./scale.ts";
import { descending } from "./thin-svd.ts";

/** a = V·diag(values)·Vᵀ */
export interface SymmetricEigen {
  /** Descending */
  readonly values: Float64Array;
  /** Column i is the eigenvector of values[i] */
  readonly vectors: Matrix;
}

/**
 * Eigendecomposition of a symmetric matrix: Householder tridiagonalisation, implicit QR iteration with Wilkinson's shift. Reads the
 * lower triangle only. V is orthonormal to about size·2^-52, each value off by a few 2^-52 of the largest magnitude.
 * Cost about 3·size³ operations, plus 3·size³ for the vectors.
 * Limits: vectors of equal values are any basis of their space; signs are arbitrary; size 0 gives nothing.
 * @throws RangeError when the matrix is not square or holds a NaN or an infinity
 */
export function symmetricEigen(a: Matrix): SymmetricEigen {
  if (a.rows !== a.columns) throw new RangeError(`A symmetric matrix is square, not ${a.rows}×${a.columns}.`);
  const size = a.rows;
  const { values: work, power } = scaledToUnit(a.data);
  const { diagonal, beside, basis } = tridiagonalise(work, size);
  const rows = transpose(basis);
  const log = rotationLog(rows);
  diagonaliseTridiagonal(diagonal, beside, log.rotate);
  log.flush();
  const order = descending(diagonal);
  const sorted = zeros(size, size);
  order.forEach((from, to) => {
    sorted.data.set(rows.data.subarray(from * size, (from + 1) * size), to * size);
  });
  return { values: Float64Array.from(order, (from) => (diagonal[from] as number) * power), vectors: transpose(sorted) };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  /** a = basis·T·basisᵀ */
  readonly basis: Matrix;
}

/** @param a lower triangle; overwritten */
function tridiagonalise(a: Float64Array, size: number): Tridiagonal {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(Math.max(0, size - 1));
  const vectors = zeros(size, size);
  const taus: number[] = [];
  for (let k = 0; k + 1 < size; k += 1) {
    diagonal[k] = a[k * size + k] as number;
    const v = vectors.data.subarray(k * size, (k + 1) * size);
    for (let i = k + 1; i < size; i += 1) v[i] = a[i * size + k] as number;
    const { tau, beta } = reflect(v, k + 1, size - k - 1);
    beside[k] = beta;
    taus.push(tau);
    if (tau !== 0) reflectBothSides(a, size, k + 1, v, tau);
  }
  if (size > 0) diagonal[size - 1] = a[size * size - 1] as number;
  return { diagonal, beside, basis: formColumns(panelsOf(vectors, taus, 1), size, size) };
}

/** a ← H·a·H for the rows and columns from `begin` on: a −= v·wᵀ + w·vᵀ with w = tau·(a·v − ½·tau·(vᵀa·v)·v). */
function reflectBothSides(a: Float64Array, size: number, begin: number, v: Float64Array, tau: number): void {
  const w = new Float64Array(size);
  for (let i = begin; i < size; i += 1) {
    const row = i * size;
    const vi = v[i] as number;
    let sum = 0;
    for (let j = begin; j < i; j += 1) {
      const x = a[row + j] as number;
      sum += x * (v[j] as number);
      w[j] = (w[j] as number) + x * vi;
    }
    w[i] = sum + (a[row + i] as number) * vi;
  }
  let dot = 0;
  for (let i = begin; i < size; i += 1) dot += (w[i] as number) * (v[i] as number);
  const half = (tau * dot) / 2;
  for (let i = begin; i < size; i += 1) w[i] = tau * ((w[i] as number) - half * (v[i] as number));
  for (let i = begin; i < size; i += 1) {
    const row = i * size;
    const vi = v[i] as number;
    const wi = w[i] as number;
    for (let j = begin; j <= i; j += 1) a[row + j] = (a[row + j] as number) - vi * (w[j] as number) - wi * (v[j] as number);
  }
}
