import { mapTensors, norm, type TensorMap, tensorOf } from "./tensor-map.ts";

export interface FisherModel {
  readonly weights: TensorMap;
  /** Diagonal Fisher information: one number ≥ 0 for every parameter. */
  readonly fisher: TensorMap;
  /** Default 1. */
  readonly coefficient?: number;
}

export interface FisherMergeOptions {
  /** Divides each model's coefficient by the norm of its Fisher information, so that only its direction counts; default true. */
  readonly normalise?: boolean;
  /** Fisher information is at least this; default 1e-6. */
  readonly floor?: number;
  /** Floors the first model only, so that parameters no other model knows anything of stay as it has them; default true. */
  readonly favourTarget?: boolean;
}

/**
 * Fisher merging: the mode of the product of Gaussian posteriors with the diagonal Fisher information as precision,
 *   θ = Σᵢ cᵢ Fᵢ θᵢ / Σᵢ cᵢ Fᵢ,   cᵢ ← cᵢ / ‖Fᵢ‖ where `normalise`.
 * Sums are f64 in model order, rounded once. Where no model has any information the result is the average by coefficient.
 * @throws RangeError without a model, or for a negative or infinite coefficient; Error for tensors that do not match
 * Source: Matena & Raffel 2021 (arXiv 2111.09832).
 */
export function fisherMerge(
  models: readonly FisherModel[],
  { normalise = true, floor = 1e-6, favourTarget = true }: FisherMergeOptions = {},
): Map<string, Float32Array> {
  const [target] = models;
  if (target === undefined) throw new RangeError("Fisher merging needs at least one model.");
  const coefficients = models.map(({ fisher, coefficient = 1 }, i) => {
    if (!(coefficient >= 0 && Number.isFinite(coefficient)))
      throw new RangeError(`The coefficient of model ${i} is ${coefficient}.`);
    const length = normalise ? norm(fisher) : 1;
    return length === 0 ? 0 : coefficient / length;
  });
  return mapTensors(target.weights, (name, size) => {
    const values = models.map(({ weights }, i) => tensorOf(weights, name, size, `Model ${i}`));
    const fishers = models.map(({ fisher }, i) => tensorOf(fisher, name, size, `The Fisher information of model ${i}`));
    const out = new Float32Array(size);
    for (let p = 0; p < size; p += 1) {
      let [above, below, plain, total] = [0, 0, 0, 0];
      for (let i = 0; i < values.length; i += 1) {
        const raw = (fishers[i] as Float32Array)[p] as number;
        const information = i === 0 || !favourTarget ? Math.max(raw, floor) : raw;
        const weight = (coefficients[i] as number) * information;
        const value = (values[i] as Float32Array)[p] as number;
        const share = models[i]?.coefficient ?? 1;
        above += weight * value;
        below += weight;
        plain += share * value;
        total += share;
      }
      out[p] = below > 0 ? above / below : plain / total;
    }
    return out;
  });
}
