import { type Matrix, zeros } from "./matrix.ts";
import { type Panel, panelsOf, reflect } from "./reflectors.ts";

/** a = L·B·Rᵀ with B upper bidiagonal; L and R are products of reflectors. */
export interface Bidiagonal {
  readonly diagonal: Float64Array;
  /** One shorter */
  readonly above: Float64Array;
  readonly left: readonly Panel[];
  readonly right: readonly Panel[];
}

/**
 * Golub–Kahan bidiagonalisation of a square matrix, which is overwritten. Each step reads the matrix twice: a reflector's update
 * is joined to the product that the next one needs. Cost 8/3·size³ operations.
 * Source: Golub and Kahan 1965, Calculating the singular values and pseudo-inverse of a matrix.
 */
export function bidiagonalise({ columns: size, data: a }: Matrix): Bidiagonal {
  const diagonal = new Float64Array(size);
  const above = new Float64Array(Math.max(0, size - 1));
  const left = zeros(size, size);
  const right = zeros(size, size);
  const leftTaus: number[] = [];
  const rightTaus: number[] = [];
  // The right reflector's update a −= y·zᵀ that is still due: y in rows k…, z in columns k….
  const y = new Float64Array(size);
  let z: Float64Array = new Float64Array(size);
  for (let k = 0; k < size; k += 1) {
    const v = left.data.subarray(k * size, (k + 1) * size);
    for (let i = k; i < size; i += 1) v[i] = (a[i * size + k] as number) - (y[i] as number) * (z[k] as number);
    const { tau, beta } = reflect(v, k, size - k);
    diagonal[k] = beta;
    leftTaus.push(tau);
    if (k + 1 === size) break;
    const w = settleAndGather(a, size, k, { v, y, z });
    for (let j = k + 1; j < size; j += 1) w[j] = (w[j] as number) * tau;
    z = right.data.subarray(k * size, (k + 1) * size);
    for (let j = k + 1; j < size; j += 1) z[j] = (a[k * size + j] as number) - (w[j] as number);
    const { tau: rightTau, beta: rightBeta } = reflect(z, k + 1, size - k - 1);
    above[k] = rightBeta;
    rightTaus.push(rightTau);
    updateAndProject(a, size, k, { v, w, y, z });
    for (let i = k + 1; i < size; i += 1) y[i] = (y[i] as number) * rightTau;
  }
  return { diagonal, above, left: panelsOf(left, leftTaus, 0), right: panelsOf(right, rightTaus, 1) };
}

interface Vectors {
  readonly v: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

/** Applies the update that is due to the columns after k, and returns vᵀa over the rows from k on. */
function settleAndGather(a: Float64Array, size: number, k: number, { v, y, z }: Vectors): Float64Array {
  const w = new Float64Array(size);
  for (let i = k; i < size; i += 1) {
    const row = i * size;
    const vi = v[i] as number;
    const yi = y[i] as number;
    for (let j = k + 1; j < size; j += 1) {
      const settled = (a[row + j] as number) - yi * (z[j] as number);
      a[row + j] = settled;
      w[j] = (w[j] as number) + vi * settled;
    }
  }
  return w;
}

/** a −= v·wᵀ below row k and right of column k, and y ← a·z there. */
function updateAndProject(
  a: Float64Array,
  size: number,
  k: number,
  { v, w, y, z }: Vectors & { readonly w: Float64Array },
): void {
  for (let i = k + 1; i < size; i += 1) {
    const row = i * size;
    const vi = v[i] as number;
    // Two sums, as one addition waits for the other.
    let even = 0;
    let odd = 0;
    let j = k + 1;
    for (; j + 1 < size; j += 2) {
      const first = (a[row + j] as number) - vi * (w[j] as number);
      const second = (a[row + j + 1] as number) - vi * (w[j + 1] as number);
      a[row + j] = first;
      a[row + j + 1] = second;
      even += first * (z[j] as number);
      odd += second * (z[j + 1] as number);
    }
    if (j < size) {
      const last = (a[row + j] as number) - vi * (w[j] as number);
      a[row + j] = last;
      even += last * (z[j] as number);
    }
    y[i] = even + odd;
  }
}
