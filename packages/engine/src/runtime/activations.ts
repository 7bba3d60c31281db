import { gelu } from "@amalgam/tfjs-backend-ort";
import { tf } from "./tf.ts";

/** ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))): the approximation of GELU that some checkpoints were trained with ("gelu_new"). */
export function geluTanh<T extends tf.Tensor>(x: T): T {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1)) as T;
}

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
