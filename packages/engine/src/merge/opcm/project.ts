import { columnRange, type Matrix, matrix, multiply, numericalRank, thinSvd, zeros } from "../../linalg/index.ts";

export interface Projected {
  readonly rows: number;
  readonly columns: number;
  /** Share of the singular values whose directions count as taken, from 0 to 1; the paper's default is 0.5 */
  readonly alpha: number;
  /** Singular values of B up to this one are rounding of what B was made of, and their directions not taken; default 0 */
  readonly noise?: number;
}

/**
 * The part of a task vector τ of one linear weight that stays clear of what has been merged before, B:
 *   B = U·diag(s)·Vᵀ      r = first index, from 0, with (s₀ + … + s_r) / Σs > alpha
 *   Q = UᵀτV with its diagonal and its top left r × r block set to 0      result = U·Q·Vᵀ
 * with square U and V. Computed from the thin decomposition as τ − Σ Q[k,l]·u_k·v_lᵀ over the entries set to 0, in f64.
 * The size of B does not matter, only its directions: c·B gives the same result. So B may be the sum of the projected task vectors
 * D_t = D_{t−1} + τ̃_t, though the paper divides by λ_t = m / n̄ after each arrival (m the norm of the merged delta of the whole
 * model, n̄ the mean norm of the task vectors so far): every tensor streams through all models on its own, without projection where
 * it is not a linear weight, and only at the end norms over the whole model give θ₀ + D_M · n̄ / ‖D_M‖.
 * Limits: directions whose singular value is 0 to f64 rounding are any basis of their space, and nothing of B lies in them: they
 * stay untouched. So B = 0 gives τ. Equal singular values leave their vectors, and with them the result, to the decomposition.
 * alpha 1 takes every direction of B. The same model again gives 0. Cost: one decomposition and 4·rows·columns·min operations.
 * Source: Tang et al. 2025, Merging models on the fly without retraining, https://arxiv.org/abs/2501.09522.
 * @param accumulated B, row by row
 * @param taskVector τ, row by row
 * @returns a new array, row by row
 * @throws RangeError for lengths that do not fit, an alpha outside [0, 1], or values that are not finite
 */
export function project(
  accumulated: Float32Array | Float64Array,
  taskVector: Float32Array | Float64Array,
  { rows, columns, alpha, noise = 0 }: Projected,
): Float64Array {
  if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`alpha lies between 0 and 1, not at ${alpha}.`);
  const tau = matrix(rows, columns, taskVector);
  const { u, s, v } = thinSvd(matrix(rows, columns, accumulated));
  const rank = Math.min(numericalRank(s, rows, columns), s.findLastIndex((value) => value > noise) + 1);
  const left = columnRange(u, 0, rank);
  const right = columnRange(v, 0, rank);
  const taken = Math.min(rank, splitRank(s, alpha));
  const removed = multiply(left, removedRows(multiply(left, tau, { transposeA: true }), right, taken));
  return tau.data.map((x, i) => x - (removed.data[i] as number));
}

/** The first index, from 0, at which more than `alpha` of Σs is reached; their number when none does. @param s descending */
export function splitRank(s: Float64Array, alpha: number): number {
  let total = 0;
  for (const value of s) total += value;
  let sum = 0;
  for (let i = 0; i < s.length; i += 1) {
    sum += s[i] as number;
    if (sum / total > alpha) return i;
  }
  return s.length;
}

/** M·Vᵀ, where M holds the entries of Q = projected·V that are removed: the first `taken` rows and columns, and the diagonal. */
function removedRows(projected: Matrix, v: Matrix, taken: number): Matrix {
  const { rows, columns } = projected;
  const result = zeros(rows, columns);
  const first = columnRange(v, 0, taken);
  const head = matrix(taken, columns, projected.data.subarray(0, taken * columns));
  result.data.set(multiply(multiply(head, first), first, { transposeB: true }).data);
  for (let k = taken; k < rows; k += 1) {
    let entry = 0;
    for (let j = 0; j < columns; j += 1) entry += (projected.data[k * columns + j] as number) * (v.data[j * rows + k] as number);
    for (let j = 0; j < columns; j += 1) result.data[k * columns + j] = entry * (v.data[j * rows + k] as number);
  }
  return result;
}
