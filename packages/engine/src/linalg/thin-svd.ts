import { bidiagonalise } from "./bidiagonalise.ts";
import { diagonaliseBidiagonal } from "./diagonalise.ts";
import { type Matrix, transpose, zeros } from "./matrix.ts";
import { qrFactors } from "./qr.ts";
import { applyPanels, formColumns, type Panel } from "./reflectors.ts";
import { rotationLog } from "./rotations.ts";
import { scaledToUnit } from "./scale.ts";

/** a = U·diag(s)·Vᵀ */
export interface Svd {
  /** rows × k; column i is the left singular vector of s[i] */
  readonly u: Matrix;
  /** k singular values, descending, never negative */
  readonly s: Float64Array;
  /** columns × k; column i is the right singular vector of s[i] */
  readonly v: Matrix;
}

/**
 * Thin singular value decomposition, k = min(rows, columns): QR, bidiagonalisation, implicit QR iteration; all in f64.
 * Backward stable: U and V are orthonormal to about k·2^-52 for every input, and each singular value is off by a few 2^-52 of the
 * largest one. The same bits on every machine. About 4·rows·columns·k + 20·k³ operations (k = 1024: some ten seconds).
 * Limits: vectors of equal singular values are any basis of their space, those of zeros any completion; the sign of a pair (u, v)
 * is arbitrary; a zero matrix gives unit vectors; a size of 0 gives k = 0. A singular value past the largest f64 is infinite.
 * @throws RangeError for a NaN or an infinity
 */
export function thinSvd(a: Matrix): Svd {
  if (a.rows < a.columns) {
    const { u, s, v } = thinSvd(transpose(a));
    return { u: v, s, v: u };
  }
  const size = a.columns;
  const { values, power } = scaledToUnit(a.data);
  const scaled: Matrix = { rows: a.rows, columns: size, data: values };
  if (a.rows === size) return finish(squareSvd(scaled), [], a.rows, power);
  const { panels, r } = qrFactors(scaled);
  return finish(squareSvd(r), panels, a.rows, power);
}

/** Vectors as rows, values unsorted and signed. */
interface RawSvd {
  readonly leftRows: Matrix;
  readonly values: Float64Array;
  readonly rightRows: Matrix;
}

/** @param a square; overwritten */
function squareSvd(a: Matrix): RawSvd {
  const size = a.columns;
  const { diagonal, above, left, right } = bidiagonalise(a);
  const leftRows = transpose(formColumns(left, size, size));
  const rightRows = transpose(formColumns(right, size, size));
  const leftLog = rotationLog(leftRows);
  const rightLog = rotationLog(rightRows);
  diagonaliseBidiagonal({ diagonal, above }, leftLog.rotate, rightLog.rotate);
  leftLog.flush();
  rightLog.flush();
  return { leftRows, values: diagonal, rightRows };
}

/** Sorts, makes values positive, and takes the left vectors back through the reflectors of the QR step. */
function finish({ leftRows, values, rightRows }: RawSvd, panels: readonly Panel[], rows: number, power: number): Svd {
  const size = values.length;
  const order = descending(values.map(Math.abs));
  const s = Float64Array.from(order, (from) => Math.abs(values[from] as number) * power);
  const u = zeros(rows, size);
  const v = zeros(size, size);
  order.forEach((from, to) => {
    const sign = (values[from] as number) < 0 ? -1 : 1;
    for (let i = 0; i < size; i += 1) {
      u.data[i * size + to] = leftRows.data[from * size + i] as number;
      v.data[i * size + to] = sign * (rightRows.data[from * size + i] as number);
    }
  });
  applyPanels(panels, u);
  return { u, s, v };
}

/** Positions of the values from largest to smallest; equals keep their order. */
export const descending = (values: Float64Array): number[] =>
  Array.from(values, (_, i) => i).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
