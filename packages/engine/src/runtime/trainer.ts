import { borrowValues } from "@amalgam/tfjs-backend-ort";
import { type AdamWMoments, updateAdamW } from "./adamw.ts";
import { withGradients } from "./gradients.ts";
import type { Parameters } from "./parameters.ts";
import { tf } from "./tf.ts";

export interface TrainerOptions {
  readonly peakLearningRate: number;
  /** Steps of linear warm-up from 0 to the peak. */
  readonly warmupSteps: number;
  /** The rate falls linearly from the peak to 0 at this step. */
  readonly totalSteps: number;
  /** Not applied to biases and LayerNorm. Default 0.01. */
  readonly weightDecay?: number;
  /** Largest norm of the whole gradient; a longer one is scaled down. Default 1. */
  readonly clipNorm?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Tensors that neither get gradients nor change. */
  readonly frozen?: (name: string) => boolean;
}

export interface StepReport {
  /** Steps taken, this one included. */
  readonly step: number;
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** AdamW with linear warm-up and decay over the parameters of one model. */
export class Trainer {
  readonly parameters: Parameters;
  readonly trained: readonly string[];
  readonly moments: ReadonlyMap<string, AdamWMoments>;
  readonly #options: Required<Omit<TrainerOptions, "frozen">>;
  #step = 0;

  constructor(parameters: Parameters, { frozen = () => false, ...options }: TrainerOptions) {
    if (tf.getBackend() === "webgpu") {
      throw new Error(
        "The backend webgpu gives results asynchronously, and a training step needs them at once: select another backend.",
      );
    }
    this.parameters = parameters;
    this.#options = { weightDecay: 0.01, clipNorm: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...options };
    this.trained = parameters.names.filter((name) => !frozen(name));
    this.moments = new Map(
      this.trained.map((name) => {
        const { length } = parameters.values(name);
        return [name, { first: new Float32Array(length), second: new Float32Array(length) }];
      }),
    );
  }

  /** Steps taken so far. */
  get stepCount(): number {
    return this.#step;
  }

  /** For resuming: the moments and parameters are restored in place beside it. */
  set stepCount(step: number) {
    this.#step = step;
  }

  /** Rate of step `step` (1 for the first): warm-up, then linear decay; 0 from totalSteps on. */
  learningRate(step: number): number {
    const { peakLearningRate, warmupSteps, totalSteps } = this.#options;
    if (step <= warmupSteps) return (peakLearningRate * step) / Math.max(1, warmupSteps);
    return (peakLearningRate * Math.max(0, totalSteps - step)) / Math.max(1, totalSteps - warmupSteps);
  }

  /** One step down `loss`. Tensors made inside are freed. Throws when the loss is not finite; the parameters are then unchanged. */
  step(loss: () => tf.Scalar): StepReport {
    return withGradients(this.parameters, this.trained, loss, (value, gradients) => {
      const lossValue = borrowValues(value)[0] ?? Number.NaN;
      const gradientNorm = globalNorm(gradients);
      const step = this.#step + 1;
      if (!Number.isFinite(lossValue) || !Number.isFinite(gradientNorm)) {
        throw new Error(`Training diverged at step ${step}: loss ${lossValue}, gradient norm ${gradientNorm}.`);
      }
      const learningRate = this.learningRate(step);
      this.#update(gradients, step, learningRate, Math.min(1, this.#options.clipNorm / (gradientNorm + 1e-6)));
      this.#step = step;
      return { step, loss: lossValue, gradientNorm, learningRate };
    });
  }

  #update(gradients: ReadonlyMap<string, tf.Tensor>, step: number, learningRate: number, gradientScale: number): void {
    for (const [name, gradient] of gradients) {
      const moments = this.moments.get(name);
      if (moments === undefined) continue;
      const weightDecay = isDecayed(name) ? this.#options.weightDecay : 0;
      const settings = { ...this.#options, weightDecay };
      updateAdamW(this.parameters.values(name), borrowValues(gradient), moments, settings, { step, learningRate, gradientScale });
      this.parameters.touch(name);
    }
  }
}

export function createTrainer(parameters: Parameters, options: TrainerOptions): Trainer {
  return new Trainer(parameters, options);
}

function isDecayed(name: string): boolean {
  return !name.endsWith(".bias") && !name.includes("LayerNorm");
}

function globalNorm(gradients: ReadonlyMap<string, tf.Tensor>): number {
  let total = 0;
  for (const gradient of gradients.values()) {
    const values = borrowValues(gradient);
    let sum = 0;
    for (let index = 0; index < values.length; index++) sum += (values[index] as number) ** 2;
    total += sum;
  }
  return Math.sqrt(total);
}
