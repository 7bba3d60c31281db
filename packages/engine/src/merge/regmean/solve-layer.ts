import { choleskyInPlace, type Matrix, matrix, multiply, solveInPlace, transpose, zeros } from "../../linalg/index.ts";

export interface RegMeanLayer {
  /** Reads the weight of the layer, [outputs, inputs] row by row. */
  weight(): ArrayLike<number>;
  /** Reads the mean of x·xᵀ over the rows that entered the layer, [inputs, inputs]. */
  gram(): ArrayLike<number>;
  readonly coefficient: number;
}

export interface RegMeanOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Whether weights lie as [inputs, outputs], and the result shall. */
  readonly isTransposed?: boolean;
  /** Off-diagonal elements of the Gram matrices are multiplied by this. */
  readonly offDiagonal: number;
  /** Ridge as a share of the mean diagonal. It pulls towards the average of the weights, not towards 0. */
  readonly ridge: number;
}

/**
 * RegMean for one linear layer: the weight that reproduces each model's outputs on its own inputs best in the mean square,
 *   Wᵀ = (Σ cᵢG̃ᵢ + ρI)⁻¹ (Σ cᵢG̃ᵢWᵢᵀ + ρ W̄ᵀ),   G̃ = a·G off the diagonal, G on it;   ρ = ridge · tr(ΣcᵢG̃ᵢ)/inputs,  W̄ = Σ cᵢWᵢ / Σ cᵢ.
 * Solved by Cholesky in f64. Inputs that no model has seen keep the average of the weights. Models are read one by one.
 * @returns the weight, laid out as those of the models; null where the Gram matrices are not positive semidefinite
 * Source: Jin et al. 2022 (arXiv 2212.09849); the ridge towards the average is ours.
 */
export function solveLayer(layers: readonly RegMeanLayer[], options: RegMeanOptions): Float32Array | null {
  const { inputs, outputs, isTransposed = false, offDiagonal, ridge } = options;
  const total = zeros(inputs, inputs);
  const right = zeros(inputs, outputs);
  const mean = zeros(inputs, outputs);
  const share = layers.reduce((sum, { coefficient }) => sum + coefficient, 0);
  for (const { weight, gram, coefficient } of layers) {
    const shrunk = scaledGram(gram(), inputs, coefficient, offDiagonal);
    add(total, shrunk, 1);
    const turned = isTransposed ? matrix(inputs, outputs, weight()) : transpose(matrix(outputs, inputs, weight()));
    add(right, multiply(shrunk, turned), 1);
    add(mean, turned, share === 0 ? 1 / layers.length : coefficient / share);
  }
  let trace = 0;
  for (let k = 0; k < inputs; k += 1) trace += total.data[k * inputs + k] as number;
  const pull = trace > 0 ? (ridge * trace) / inputs : 1;
  for (let k = 0; k < inputs; k += 1) total.data[k * inputs + k] = (total.data[k * inputs + k] as number) + pull;
  add(right, mean, pull);
  const factor = choleskyInPlace(total);
  if (factor === null) return null;
  solveInPlace(factor, right);
  return Float32Array.from((isTransposed ? right : transpose(right)).data);
}

function scaledGram(values: ArrayLike<number>, inputs: number, coefficient: number, offDiagonal: number): Matrix {
  const result = matrix(inputs, inputs, Float64Array.from(values));
  for (let i = 0; i < inputs; i += 1)
    for (let j = 0; j < inputs; j += 1) {
      const at = i * inputs + j;
      result.data[at] = (result.data[at] as number) * coefficient * (i === j ? 1 : offDiagonal);
    }
  return result;
}

function add(sum: Matrix, other: Matrix, factor: number): void {
  for (let at = 0; at < sum.data.length; at += 1) sum.data[at] = (sum.data[at] as number) + factor * (other.data[at] as number);
}
