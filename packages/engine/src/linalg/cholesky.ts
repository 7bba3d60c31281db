/** A lower triangle L with L·Lᵀ = A, row-major in a full n × n array; what lies above the diagonal is not read. */
export interface Cholesky {
  readonly size: number;
  readonly data: Float64Array;
  /** Added to the diagonal before the factorisation succeeded. */
  readonly jitter: number;
}

const JITTERS = [0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4];

/** Factor of a symmetric matrix (its lower triangle is read), with as little added to the diagonal as it takes; null when 1e-4 is too little. */
export function cholesky(a: Float64Array, size: number): Cholesky | null {
  for (const jitter of JITTERS) {
    const data = factor(a, size, jitter);
    if (data !== null) return { size, data, jitter };
  }
  return null;
}

function factor(a: Float64Array, size: number, jitter: number): Float64Array | null {
  const l = a.slice();
  for (let i = 0; i < size; i += 1) {
    const row = i * size;
    for (let j = 0; j < i; j += 1) {
      l[row + j] = ((l[row + j] ?? 0) - dotRows(l, row, j * size, j)) / (l[j * size + j] ?? 1);
    }
    const pivot = (l[row + i] ?? 0) + jitter - dotRows(l, row, row, i);
    if (!(pivot > 0)) return null;
    l[row + i] = Math.sqrt(pivot);
  }
  return l;
}

/** Four running sums: the loop is bound by the latency of one addition otherwise. */
function dotRows(l: Float64Array, a: number, b: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += (l[a + k] as number) * (l[b + k] as number);
    s1 += (l[a + k + 1] as number) * (l[b + k + 1] as number);
    s2 += (l[a + k + 2] as number) * (l[b + k + 2] as number);
    s3 += (l[a + k + 3] as number) * (l[b + k + 3] as number);
  }
  for (; k < length; k += 1) s0 += (l[a + k] as number) * (l[b + k] as number);
  return s0 + s1 + (s2 + s3);
}

/** L⁻¹ b, in a new array. */
export function solveLower({ size, data: l }: Cholesky, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < size; i += 1) {
    let sum = x[i] as number;
    for (let k = 0; k < i; k += 1) sum -= (l[i * size + k] as number) * (x[k] as number);
    x[i] = sum / (l[i * size + i] as number);
  }
  return x;
}

/** L⁻ᵀ b, in a new array. */
export function solveUpper({ size, data: l }: Cholesky, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = size - 1; i >= 0; i -= 1) {
    const value = (x[i] as number) / (l[i * size + i] as number);
    x[i] = value;
    for (let k = 0; k < i; k += 1) x[k] = (x[k] as number) - (l[i * size + k] as number) * value;
  }
  return x;
}

/** A⁻¹ b. */
export const solve = (factorOfA: Cholesky, b: Float64Array): Float64Array => solveUpper(factorOfA, solveLower(factorOfA, b));

/** A⁻¹ = L⁻ᵀ L⁻¹, full and symmetric. */
export function inverse({ size, data: l }: Cholesky): Float64Array {
  // Row j of `t` is column j of L⁻¹: it starts at its diagonal, and every inner loop runs along memory.
  const t = new Float64Array(size * size);
  for (let j = 0; j < size; j += 1) {
    const row = j * size;
    t[row + j] = 1 / (l[row + j] as number);
    for (let i = j + 1; i < size; i += 1) {
      let sum = 0;
      for (let k = j; k < i; k += 1) sum += (l[i * size + k] as number) * (t[row + k] as number);
      t[row + i] = -sum / (l[i * size + i] as number);
    }
  }
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let [s0, s1] = [0, 0];
      let k = i;
      for (; k + 1 < size; k += 2) {
        s0 += (t[i * size + k] as number) * (t[j * size + k] as number);
        s1 += (t[i * size + k + 1] as number) * (t[j * size + k + 1] as number);
      }
      if (k < size) s0 += (t[i * size + k] as number) * (t[j * size + k] as number);
      out[i * size + j] = s0 + s1;
      out[j * size + i] = s0 + s1;
    }
  }
  return out;
}

/** Σ ln Lᵢᵢ, half of ln det A. */
export function halfLogDeterminant({ size, data }: Cholesky): number {
  let sum = 0;
  for (let i = 0; i < size; i += 1) sum += Math.log(data[i * size + i] as number);
  return sum;
}
