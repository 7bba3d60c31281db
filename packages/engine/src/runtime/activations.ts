import { gelu, geluTanh } from "@amalgam/tfjs-backend-ort";
import { tf } from "./tf.ts";

/** x·σ(1.702·x): the approximation of GELU that CLIP was trained with. */
export function quickGelu<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))) as T;
}

export const activationNames = ["gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu"] as const;
export type ActivationName = (typeof activationNames)[number];

/** Element-wise activations by the names that configs give them. */
export const activations: Readonly<Record<ActivationName, (x: tf.Tensor2D) => tf.Tensor2D>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  quick_gelu: quickGelu,
  relu: (x) => tf.relu(x),
};
