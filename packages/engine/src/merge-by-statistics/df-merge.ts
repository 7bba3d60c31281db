import { mapTensors, type TensorMap, tensorOf } from "./tensor-map.ts";

export interface DfModel {
  /** Task vector τᵢ = θᵢ − θ₀. */
  readonly delta: TensorMap;
  /** Fisher information of θ₀ + λᵢτᵢ on this model's task; null: 1 everywhere, which makes it task arithmetic. */
  readonly fisher: TensorMap | null;
  /** λᵢ for the whole model, or for each tensor by its name. */
  readonly lambda: number | ((tensor: string) => number);
}

/** Whether Fisher information weighs every parameter, every row of a matrix, or whole tensors (by its mean over them). */
export type Granularity = "param" | "row" | "tensor";

export interface DfMergeOptions {
  /** Added to the Fisher information; default 1e-12. */
  readonly epsilon?: number;
  readonly granularity?: Granularity;
  /** Rows of a tensor, for granularity "row"; default: its elements are one row. */
  rowsOf?(tensor: string): number;
}

/**
 * DF-Merge's merge step:
 *   θ(λ) = θ₀ + M · Σᵢ Fᵢ ⊙ λᵢτᵢ / Σᵢ Fᵢ,   Fᵢ = diag Fisher(θ₀ + λᵢτᵢ; task i) + ε.
 * A model with λᵢ = 0 adds nothing and still counts in the denominator. Sums are f64 in model order, rounded once.
 * @throws RangeError without a model or for a λ that is not finite; Error for tensors that do not match
 * Source: Lee et al. 2025 (arXiv 2504.18992).
 */
export function dfMerge(base: TensorMap, models: readonly DfModel[], options: DfMergeOptions = {}): Map<string, Float32Array> {
  const { epsilon = 1e-12, granularity = "param", rowsOf = () => 1 } = options;
  const count = models.length;
  if (count === 0) throw new RangeError("DF-Merge needs at least one model.");
  return mapTensors(base, (name, size) => {
    const start = tensorOf(base, name, size, "The base");
    const deltas = models.map(({ delta }, i) => tensorOf(delta, name, size, `The task vector of model ${i}`));
    const lambdas = models.map(({ lambda }, i) => {
      const value = typeof lambda === "number" ? lambda : lambda(name);
      if (!Number.isFinite(value)) throw new RangeError(`λ of model ${i} is ${value} for "${name}".`);
      return value;
    });
    const rows = granularity === "row" ? rowsOf(name) : 1;
    const fishers = models.map(({ fisher }, i) =>
      fisher === null ? null : pooled(tensorOf(fisher, name, size, `The Fisher information of model ${i}`), granularity, rows),
    );
    const [above, below] = [new Float64Array(size), new Float64Array(size)];
    // Model by model: loops over plain arrays of numbers, and the same order of sums.
    deltas.forEach((delta, i) => {
      addWeighted({ above, below }, delta, { fisher: fishers[i] ?? null, lambda: lambdas[i] as number, epsilon });
    });
    const out = new Float32Array(size);
    for (let p = 0; p < size; p += 1) out[p] = (start[p] as number) + (count * (above[p] as number)) / (below[p] as number);
    return out;
  });
}

interface Weighing {
  readonly fisher: Float32Array | null;
  readonly lambda: number;
  readonly epsilon: number;
}

/** Adds F·λτ above and F below the line. */
function addWeighted(
  { above, below }: { above: Float64Array; below: Float64Array },
  delta: Float32Array,
  { fisher, lambda, epsilon }: Weighing,
): void {
  if (fisher === null) {
    const weight = 1 + epsilon;
    for (let p = 0; p < delta.length; p += 1) {
      above[p] = (above[p] as number) + weight * lambda * (delta[p] as number);
      below[p] = (below[p] as number) + weight;
    }
    return;
  }
  for (let p = 0; p < delta.length; p += 1) {
    const weight = (fisher[p] as number) + epsilon;
    above[p] = (above[p] as number) + weight * lambda * (delta[p] as number);
    below[p] = (below[p] as number) + weight;
  }
}

/** Means over rows or the whole tensor in place of single values. */
function pooled(fisher: Float32Array, granularity: Granularity, rows: number): Float32Array {
  if (granularity === "param") return fisher;
  const width = fisher.length / rows;
  const out = new Float32Array(fisher.length);
  for (let row = 0; row < rows; row += 1) {
    const part = fisher.subarray(row * width, (row + 1) * width);
    out.fill(part.reduce((sum, value) => sum + value, 0) / width, row * width, (row + 1) * width);
  }
  return out;
}
