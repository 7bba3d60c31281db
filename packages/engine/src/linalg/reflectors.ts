import { addProduct, type Block, turned, whole, within } from "./add-product.ts";
import { identity, type Matrix, zeros } from "./matrix.ts";
import { powerToUnit } from "./scale.ts";

/** The reflection I − tau·v·vᵀ that takes a vector to (beta, 0, …, 0). */
export interface Reflector {
  readonly tau: number;
  readonly beta: number;
}

/**
 * Householder reflector of the `length` numbers from `at`, which are replaced by v with v₀ = 1. tau is 0 (nothing to do, the
 * reflection is the identity) when all but the first are 0. Scaled by a power of two inside: squares do not vanish.
 */
export function reflect(x: Float64Array, at: number, length: number): Reflector {
  if (length === 0) return { tau: 0, beta: 0 };
  const first = x[at] as number;
  let largest = 0;
  for (let i = at + 1; i < at + length; i += 1) largest = Math.max(largest, Math.abs(x[i] as number));
  x[at] = 1;
  if (largest === 0) return { tau: 0, beta: first };
  const power = powerToUnit(Math.max(largest, Math.abs(first)));
  const head = first * power;
  let squares = head * head;
  for (let i = at + 1; i < at + length; i += 1) {
    const scaled = (x[i] as number) * power;
    squares += scaled * scaled;
  }
  // The sign that adds magnitudes: no cancellation in head − beta.
  const beta = head > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  for (let i = at + 1; i < at + length; i += 1) x[i] = ((x[i] as number) * power) / (head - beta);
  return { tau: (beta - head) / beta, beta: beta / power };
}

/** Some reflectors H₁H₂… as one product I − Vᵀᵀ·T·Vᵀ (compact WY form), acting on the rows from `first` on. */
export interface Panel {
  readonly first: number;
  /** One v a row, zeros before its leading 1 */
  readonly vectors: Matrix;
  /** Upper triangular */
  readonly t: Matrix;
}

/** As many reflectors as are applied at once: enough to multiply matrices, few enough that T costs nothing. */
export const panelSize = 32;

/** Source: Schreiber and Van Loan 1989, A storage-efficient WY representation for products of Householder transformations. */
export function panelOf(first: number, vectors: Matrix, taus: readonly number[]): Panel {
  const size = vectors.rows;
  const t = zeros(size, size);
  const overlaps = zeros(size, size);
  addProduct(whole(overlaps), whole(vectors), turned(whole(vectors)));
  for (let j = 0; j < size; j += 1) {
    const tau = taus[j] ?? 0;
    t.data[j * size + j] = tau;
    for (let i = 0; i < j; i += 1) {
      let sum = 0;
      for (let k = i; k < j; k += 1) sum += (t.data[i * size + k] as number) * (overlaps.data[k * size + j] as number);
      t.data[i * size + j] = -tau * sum;
    }
  }
  return { first, vectors, t };
}

/**
 * Groups reflectors into panels.
 * @param vectors square; row k holds the vector of reflector k from column k + `shift` on, leading 1 included, zeros before
 */
export function panelsOf(vectors: Matrix, taus: readonly number[], shift: number): Panel[] {
  const size = vectors.columns;
  const panels: Panel[] = [];
  for (let k = 0; k < taus.length; k += panelSize) {
    const count = Math.min(panelSize, taus.length - k);
    const first = Math.min(size, k + shift);
    const part = zeros(count, size - first);
    for (let i = 0; i < count; i += 1)
      part.data.set(vectors.data.subarray((k + i) * size + first, (k + i + 1) * size), i * part.columns);
    panels.push(panelOf(first, part, taus.slice(k, k + count)));
  }
  return panels;
}

/** c ← H·c, or Hᵀ·c, for the product H of a panel's reflectors. `c` begins at the panel's first row. */
export function applyPanel({ vectors, t }: Panel, c: Block, transposed: boolean): void {
  const size = vectors.rows;
  const projected = zeros(size, c.columns);
  addProduct(whole(projected), whole(vectors), c);
  const mixed = zeros(size, c.columns);
  addProduct(whole(mixed), transposed ? turned(whole(t)) : whole(t), whole(projected));
  addProduct(c, turned(whole(vectors)), whole(mixed), -1);
}

/** c ← H₁H₂…·c for all panels, in place. */
export function applyPanels(panels: readonly Panel[], c: Matrix): void {
  for (const panel of [...panels].reverse())
    applyPanel(panel, within(whole(c), panel.first, 0, c.rows - panel.first, c.columns), false);
}

/** The first columns of H₁H₂…; `rows` × `columns`, orthonormal. */
export function formColumns(panels: readonly Panel[], rows: number, columns: number): Matrix {
  const result = identity(rows, columns);
  for (const panel of [...panels].reverse()) {
    // What lies before the panel's own columns is still the identity, with zeros in its rows.
    const from = Math.min(panel.first, columns);
    applyPanel(panel, within(whole(result), panel.first, from, rows - panel.first, columns - from), false);
  }
  return result;
}
