import type { Parameters } from "./parameters.ts";
import { tf } from "./tf.ts";

/**
 * Value and gradients of `loss` by the named parameters. Calls `use` with both while they are alive and frees them after;
 * parameters the loss does not depend on are absent from the map.
 */
export function withGradients<T>(
  parameters: Parameters,
  names: readonly string[],
  loss: () => tf.Scalar,
  use: (value: tf.Scalar, gradients: ReadonlyMap<string, tf.Tensor>) => T,
): T {
  const tensors = names.map((name) => parameters.tensor(name));
  const { value, grads } = tf.engine().gradients(loss, tensors, undefined, true);
  const gradients = new Map<string, tf.Tensor>();
  grads.forEach((gradient, index) => {
    const name = names[index];
    if (gradient && name !== undefined) gradients.set(name, gradient);
  });
  try {
    return use(value, gradients);
  } finally {
    value.dispose();
    for (const gradient of gradients.values()) gradient.dispose();
  }
}
