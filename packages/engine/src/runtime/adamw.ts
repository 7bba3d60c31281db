export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export interface AdamWMoments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export interface AdamWStep {
  /** Steps taken, this one included: 1 for the first. */
  readonly step: number;
  readonly learningRate: number;
  /** Factor on the gradient, from clipping. */
  readonly gradientScale: number;
}

/**
 * One AdamW update of `values` and `moments`, in place (Loshchilov & Hutter 2019):
 *   m ← β₁m + (1−β₁)g    v ← β₂v + (1−β₂)g²    w ← w − η·(m̂/(√v̂ + ε) + λ·w)    m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)
 */
export function updateAdamW(
  values: Float32Array,
  gradient: Float32Array,
  { first, second }: AdamWMoments,
  { beta1, beta2, epsilon, weightDecay }: AdamWSettings,
  { step, learningRate, gradientScale }: AdamWStep,
): void {
  const rate = learningRate / (1 - beta1 ** step);
  const secondScale = 1 / (1 - beta2 ** step);
  const keep = 1 - learningRate * weightDecay;
  for (let index = 0; index < values.length; index++) {
    const g = (gradient[index] as number) * gradientScale;
    const m = beta1 * (first[index] as number) + (1 - beta1) * g;
    const v = beta2 * (second[index] as number) + (1 - beta2) * g * g;
    first[index] = m;
    second[index] = v;
    values[index] = keep * (values[index] as number) - (rate * m) / (Math.sqrt(v * secondScale) + epsilon);
  }
}
