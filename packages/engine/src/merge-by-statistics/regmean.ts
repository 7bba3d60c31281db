import { cholesky, solve } from "../linalg/index.ts";

export interface RegMeanLayer {
  /** Weight of the layer, [outputs, inputs] row-major. */
  readonly weight: Float32Array;
  /** Mean of x·xᵀ over the rows that entered the layer, [inputs, inputs]. */
  readonly gram: Float64Array;
  /** Default 1. */
  readonly coefficient?: number;
}

export interface RegMeanOptions {
  /** Off-diagonal elements of the Gram matrices are multiplied by this; default 0.9. */
  readonly offDiagonal?: number;
  /** Ridge as a share of the mean diagonal; default 1e-6. It pulls towards the average of the weights, not towards 0. */
  readonly ridge?: number;
}

/**
 * RegMean for one linear layer: the weight that reproduces each model's outputs on its own inputs best in the mean square,
 *   Wᵀ = (Σ cᵢG̃ᵢ + ρI)⁻¹ (Σ cᵢG̃ᵢWᵢᵀ + ρ W̄ᵀ),   G̃ = a·G off the diagonal, G on it;   ρ = ridge · tr(ΣcᵢG̃ᵢ)/inputs,  W̄ = Σ cᵢWᵢ / Σ cᵢ.
 * Solved by Cholesky in f64. Inputs that no model has seen keep the average of the weights.
 * @throws RangeError without a layer, or where shapes do not match
 * Source: Jin et al. 2022 (arXiv 2212.09849); the ridge towards the average is ours.
 */
export function regMeanLayer(
  layers: readonly RegMeanLayer[],
  inputs: number,
  { offDiagonal = 0.9, ridge = 1e-6 }: RegMeanOptions = {},
): Float32Array {
  const [first] = layers;
  if (first === undefined) throw new RangeError("RegMean needs at least one model.");
  const outputs = first.weight.length / inputs;
  layers.forEach(({ weight, gram }, i) => {
    if (weight.length !== outputs * inputs || gram.length !== inputs * inputs)
      throw new RangeError(
        `Model ${i} has ${weight.length} weights and ${gram.length} Gram elements; the layer has ${outputs} × ${inputs}.`,
      );
  });
  const share = layers.reduce((sum, { coefficient = 1 }) => sum + coefficient, 0);
  const total = new Float64Array(inputs * inputs);
  const right = new Float64Array(outputs * inputs);
  const mean = new Float64Array(outputs * inputs);
  for (const { weight, gram, coefficient = 1 } of layers) {
    const shrunk = gram.map((value, at) => coefficient * (Math.floor(at / inputs) === at % inputs ? value : offDiagonal * value));
    shrunk.forEach((value, at) => {
      total[at] = (total[at] as number) + value;
    });
    for (let row = 0; row < outputs; row += 1) addProduct(right, shrunk, weight, row, inputs);
    weight.forEach((value, at) => {
      mean[at] = (mean[at] as number) + (coefficient * value) / share;
    });
  }
  let trace = 0;
  for (let k = 0; k < inputs; k += 1) trace += total[k * inputs + k] as number;
  const pull = trace > 0 ? (ridge * trace) / inputs : 1;
  for (let k = 0; k < inputs; k += 1) total[k * inputs + k] = (total[k * inputs + k] as number) + pull;
  const factor = cholesky(total, inputs);
  if (factor === null) throw new RangeError("The Gram matrices are not positive semidefinite.");
  const out = new Float32Array(outputs * inputs);
  for (let row = 0; row < outputs; row += 1) {
    const side = Float64Array.from(
      { length: inputs },
      (_, k) => (right[row * inputs + k] as number) + pull * (mean[row * inputs + k] as number),
    );
    out.set(solve(factor, side), row * inputs);
  }
  return out;
}

/** right[row] += gram · weight[row]. */
function addProduct(right: Float64Array, gram: Float64Array, weight: Float32Array, row: number, inputs: number): void {
  for (let a = 0; a < inputs; a += 1) {
    let sum = 0;
    for (let b = 0; b < inputs; b += 1) sum += (gram[a * inputs + b] as number) * (weight[row * inputs + b] as number);
    right[row * inputs + a] = (right[row * inputs + a] as number) + sum;
  }
}
