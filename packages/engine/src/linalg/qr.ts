import { whole, within } from "./add-product.ts";
import { type Matrix, zeros } from "./matrix.ts";
import { applyPanel, formColumns, type Panel, panelOf, panelSize, reflect } from "./reflectors.ts";
import { scaledToUnit } from "./scale.ts";

export interface Qr {
  /** rows × k with orthonormal columns, k = min(rows, columns) */
  readonly q: Matrix;
  /** k × columns, upper triangular (trapezoidal when wide); its diagonal may be negative */
  readonly r: Matrix;
}

export interface QrFactors {
  /** Q as a product of reflectors */
  readonly panels: readonly Panel[];
  readonly r: Matrix;
}

/**
 * QR decomposition a = Q·R by blocked Householder reflectors, without pivoting. Q is orthonormal to f64 rounding for every input:
 * a column that depends on those before it, or is zero, gives a zero on the diagonal of R and some unit vector in Q.
 * Cost 2·rows·columns² − ⅔·columns³ operations for R (tall), as many for Q.
 * @throws RangeError for a NaN or an infinity
 */
export function qr(a: Matrix): Qr {
  const { panels, r } = qrFactors(a);
  return { q: formColumns(panels, a.rows, r.rows), r };
}

/** The same with Q left as reflectors: half the cost when Q is only applied. */
export function qrFactors(a: Matrix): QrFactors {
  const { values, power } = scaledToUnit(a.data);
  const work: Matrix = { rows: a.rows, columns: a.columns, data: values };
  const size = Math.min(a.rows, a.columns);
  const panels: Panel[] = [];
  for (let first = 0; first < size; first += panelSize) {
    const count = Math.min(panelSize, size - first);
    const panel = reducePanel(work, first, count);
    panels.push(panel);
    const after = first + count;
    applyPanel(panel, within(whole(work), first, after, a.rows - first, a.columns - after), true);
  }
  return { panels, r: upperTriangle(work, size, power) };
}

/** Reduces the columns `first` … `first + count − 1`; they are turned into rows while worked on, as the loops run along them. */
function reducePanel(work: Matrix, first: number, count: number): Panel {
  const length = work.rows - first;
  const panel = zeros(count, length);
  const x = panel.data;
  for (let j = 0; j < count; j += 1) {
    for (let i = 0; i < length; i += 1) x[j * length + i] = work.data[(first + i) * work.columns + first + j] as number;
  }
  const taus: number[] = [];
  for (let j = 0; j < count; j += 1) {
    const { tau, beta } = reflect(x, j * length + j, length - j);
    taus.push(tau);
    for (let later = j + 1; later < count; later += 1) applyToRow(x, j * length, later * length, [j, length], tau);
    // What stands before the leading 1 belongs to R.
    for (let i = 0; i < j; i += 1) {
      work.data[(first + i) * work.columns + first + j] = x[j * length + i] as number;
      x[j * length + i] = 0;
    }
    work.data[(first + j) * work.columns + first + j] = beta;
  }
  return panelOf(first, panel, taus);
}

/** y ← y − tau·(v·y)·v for two rows of one array, over the given range of positions. */
function applyToRow(x: Float64Array, v: number, y: number, [begin, end]: readonly [number, number], tau: number): void {
  let dot = 0;
  for (let i = begin; i < end; i += 1) dot += (x[v + i] as number) * (x[y + i] as number);
  const amount = tau * dot;
  for (let i = begin; i < end; i += 1) x[y + i] = (x[y + i] as number) - amount * (x[v + i] as number);
}

function upperTriangle({ columns, data }: Matrix, size: number, power: number): Matrix {
  const r = zeros(size, columns);
  for (let i = 0; i < size; i += 1) {
    for (let j = i; j < columns; j += 1) r.data[i * columns + j] = (data[i * columns + j] as number) * power;
  }
  return r;
}
