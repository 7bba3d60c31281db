import { mapTensors, type TensorMap, tensorOf } from "./tensor-map.ts";

export interface UgmModel {
  readonly delta: TensorMap;
  /** Mean squared gradient of one example of the model's task. */
  readonly curvature: TensorMap;
  /** Number of examples the model was trained on: turns the mean into a sum. */
  readonly examples: number;
}

export interface UgmOptions {
  /** Scale of the whole; default 1. */
  readonly alpha?: number;
  /** Curvature that every parameter has at least; default 1e-12. */
  readonly prior?: number;
}

/**
 * Uncertainty-based gradient matching: task arithmetic whose deltas are preconditioned by curvature,
 *   θ = θ₀ + α Σᵢ (δ₀ + s₀H₀ + sᵢHᵢ) ⊘ (δ₀ + s₀H₀ + α Σⱼ sⱼHⱼ) ⊙ τᵢ.
 * Sums are f64 in model order, rounded once. With α negative a task is taken out.
 * @throws RangeError when the denominator is not positive somewhere, naming the tensor; Error for tensors that do not match
 * Source: Daheim et al. 2023 (arXiv 2310.12808).
 */
export function ugm(
  base: { readonly weights: TensorMap; readonly curvature: TensorMap; readonly examples: number },
  models: readonly UgmModel[],
  { alpha = 1, prior = 1e-12 }: UgmOptions = {},
): Map<string, Float32Array> {
  return mapTensors(base.weights, (name, size) => {
    const start = tensorOf(base.weights, name, size, "The base");
    const own = tensorOf(base.curvature, name, size, "The curvature of the base");
    const deltas = models.map(({ delta }, i) => tensorOf(delta, name, size, `The task vector of model ${i}`));
    const curvatures = models.map(({ curvature }, i) => tensorOf(curvature, name, size, `The curvature of model ${i}`));
    const out = new Float32Array(size);
    for (let p = 0; p < size; p += 1) {
      const common = prior + base.examples * (own[p] as number);
      let [total, step] = [common, 0];
      models.forEach(({ examples }, i) => {
        const curvature = examples * ((curvatures[i] as Float32Array)[p] as number);
        total += alpha * curvature;
        step += (common + curvature) * ((deltas[i] as Float32Array)[p] as number);
      });
      if (!(total > 0))
        throw new RangeError(
          `The curvature of "${name}" at element ${p} is ${total}; choose a smaller |alpha| or a larger prior.`,
        );
      out[p] = (start[p] as number) + (alpha * step) / total;
    }
    return out;
  });
}
