import { gatherRows, layerNorm, linear } from "@amalgam/tfjs-backend-ort";
import type { Parameters } from "./parameters.ts";
import { tf } from "./tf.ts";

/**
 * The layers that networks are made of, each by the name of its tensors in the checkpoint. A forward pass takes its weights from
 * here and from nowhere else: it is the one place where statistics of inputs and gradients can be taken.
 */
export class Layers {
  readonly parameters: Parameters;

  constructor(parameters: Parameters) {
    this.parameters = parameters;
  }

  has(name: string): boolean {
    return this.parameters.has(name);
  }

  /** x·Wᵀ + b, with `<name>.weight` [out, in] and, where there is one, `<name>.bias` [out]. */
  dense(name: string, x: tf.Tensor2D): tf.Tensor2D {
    const weight = this.parameters.tensor<tf.Tensor2D>(`${name}.weight`);
    if (!this.has(`${name}.bias`)) return tf.matMul(x, weight, false, true);
    return linear(x, weight, this.parameters.tensor<tf.Tensor1D>(`${name}.bias`));
  }

  /** Layer normalisation of rows with `<name>.weight` and `<name>.bias`. */
  layerNorm(name: string, x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
    const gain = this.parameters.tensor<tf.Tensor1D>(`${name}.weight`);
    return layerNorm(x, gain, this.parameters.tensor<tf.Tensor1D>(`${name}.bias`), epsilon);
  }

  /** Rows of `<name>.weight`. */
  embedding(name: string, ids: Int32Array): tf.Tensor2D {
    return gatherRows(this.parameters.tensor<tf.Tensor2D>(`${name}.weight`), ids);
  }
}
