import { sessionFor, singleNode } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable, isTaping } from "./kernel.ts";
import { geluWithSlopeNodes, sharedConstants } from "./pieces.ts";

export const geluKernels: readonly FusedKernel[] = [
  {
    name: "OrtGelu",
    session: () => sessionFor("OrtGelu", () => singleNode("Gelu", ["x"])),
    outputs: ({ x }) => ({ out: x?.shape ?? [] }),
  },
  {
    name: "OrtGeluWithSlope",
    session: () =>
      sessionFor("OrtGeluWithSlope", () => ({
        nodes: geluWithSlopeNodes("x", "out", "slope"),
        inputs: ["x"],
        outputs: ["out", "slope"],
        constants: sharedConstants,
      })),
    outputs: ({ x }) => ({ out: x?.shape ?? [], slope: x?.shape ?? [] }),
  },
];

/** gelu(x) = x·Φ(x), exact: Φ from the error function, not the tanh approximation. */
export function gelu<T extends tf.Tensor>(x: T): T {
  if (!isFusable() || x.size === 0) {
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as T;
  }
  const op = tf.customGrad((...args) => {
    const [a, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    if (!isTaping()) return { value: callFused("OrtGelu", { x: a })[0] as tf.Tensor, gradFunc: () => [] };
    const [value, slope] = callFused("OrtGeluWithSlope", { x: a }) as [tf.Tensor, tf.Tensor];
    save([slope]);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0] as tf.Tensor) };
  });
  return op(x) as T;
}
