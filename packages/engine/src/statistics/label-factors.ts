/** What is left out of diag(q) − qqᵀ, as a share of its trace. */
export const DEFAULT_CUT = 1e-3;

/**
 * Vectors s₁, s₂, … of logits with Σₖ sₖsₖᵀ = diag(q) − qqᵀ up to a share `cut` of its trace, q = softmax(logits): a Cholesky factorisation with
 * the largest remaining diagonal element as the pivot. The expectation over labels c ~ q of the squared gradient of ln q_c is Σₖ (Jᵀsₖ)²: one
 * backward pass for each factor in place of one for each label. There are at most C − 1 of them, and few where the model is sure. What is left
 * out is positive semidefinite, so the expectation is never overstated.
 */
export function labelFactors(logits: ArrayLike<number>, cut = DEFAULT_CUT): Float32Array[] {
  const q = softmax(logits);
  const left = q.map((p) => p * (1 - p));
  const trace = sum(left);
  const factors: Float64Array[] = [];
  // Sure of its answer to the last bit: no label would change anything.
  while (factors.length < q.length - 1 && sum(left) > cut * trace) {
    const pivot = left.reduce((best, value, at) => (value > (left[best] as number) ? at : best), 0);
    const root = Math.sqrt(left[pivot] as number);
    if (root === 0) break;
    const share = q[pivot] as number;
    const factor = q.map((p, at) => {
      const known = factors.reduce((total, each) => total + (each[at] as number) * (each[pivot] as number), 0);
      return ((at === pivot ? share : 0) - p * share - known) / root;
    });
    factor.forEach((value, at) => {
      left[at] = at === pivot ? 0 : Math.max(0, (left[at] as number) - value * value);
    });
    factors.push(factor);
  }
  return factors.map((factor) => Float32Array.from(factor));
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}
