import { matrix, symmetricEigen } from "../linalg/index.ts";

/** Factors smaller than this share of the trace together are left out. */
const CUT = 1e-3;

/**
 * Vectors s₁, s₂, … of logits with Σₖ sₖsₖᵀ = diag(q) − qqᵀ up to a thousandth of its trace, q = softmax(logits), largest first. The expectation over labels c ~ q of the
 * squared gradient of ln q_c is Σₖ (Jᵀsₖ)²: one backward pass for each factor in place of one for each label, and often one factor is enough.
 */
export function labelFactors(logits: ArrayLike<number>, cut = CUT): Float32Array[] {
  const size = logits.length;
  const q = softmax(logits);
  const trace = q.reduce((sum, p) => sum + p * (1 - p), 0);
  // Sure of its answer to the last bit: no label would change anything.
  if (!(trace > 0)) return [];
  const spread = Float64Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    return (row === column ? (q[row] as number) : 0) - (q[row] as number) * (q[column] as number);
  });
  const { values, vectors } = symmetricEigen(matrix(size, size, spread));
  const factors: Float32Array[] = [];
  let left = trace;
  for (let k = 0; k < size && left > cut * trace; k += 1) {
    const value = Math.max(values[k] as number, 0);
    factors.push(Float32Array.from({ length: size }, (_, row) => Math.sqrt(value) * (vectors.data[row * size + k] as number)));
    left -= value;
  }
  return factors;
}

export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}
