import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";

export const geluKernels: readonly FusedKernel[] = [
  {
    name: "OrtGelu",
    session: () =>
      sessionFor("OrtGelu", () => ({
        nodes: [{ op: "Gelu", inputs: ["x"], outputs: ["out"] }],
        inputs: ["x"],
        outputs: ["out"],
      })),
    outputs: ({ x }) => ({ out: x?.shape ?? [] }),
  },
  {
    name: "OrtGeluGrad",
    // gelu'(x) = Φ(x) + x·φ(x) = ½ + ½·erf(x/√2) + x·exp(−x²/2)/√(2π)
    session: () =>
      sessionFor("OrtGeluGrad", () => ({
        nodes: [
          { op: "Mul", inputs: ["x", "root_half"], outputs: ["scaled"] },
          { op: "Erf", inputs: ["scaled"], outputs: ["erf"] },
          { op: "Mul", inputs: ["scaled", "scaled"], outputs: ["square"] },
          { op: "Neg", inputs: ["square"], outputs: ["negative"] },
          { op: "Exp", inputs: ["negative"], outputs: ["bell"] },
          { op: "Mul", inputs: ["x", "bell"], outputs: ["slope"] },
          { op: "Mul", inputs: ["slope", "density"], outputs: ["scaled_slope"] },
          { op: "Mul", inputs: ["erf", "half"], outputs: ["half_erf"] },
          { op: "Add", inputs: ["half_erf", "scaled_slope"], outputs: ["sum"] },
          { op: "Add", inputs: ["sum", "half"], outputs: ["derivative"] },
          { op: "Mul", inputs: ["dy", "derivative"], outputs: ["out"] },
        ],
        inputs: ["dy", "x"],
        outputs: ["out"],
        constants: [
          { name: "root_half", value: Math.SQRT1_2 },
          { name: "half", value: 0.5 },
          { name: "density", value: 1 / Math.sqrt(2 * Math.PI) },
        ],
      })),
    outputs: ({ x }) => ({ out: x?.shape ?? [] }),
  },
];

/** gelu(x) = x·Φ(x), exact: Φ from the error function, not the tanh approximation. */
export function gelu<T extends tf.Tensor>(x: T): T {
  if (!isFusable() || x.size === 0) {
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as T;
  }
  const op = tf.customGrad((...args) => {
    const [a, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([a]);
    return {
      value: callFused("OrtGelu", { x: a })[0] as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => callFused("OrtGeluGrad", { dy, x: saved[0] as tf.Tensor }),
    };
  });
  return op(x) as T;
}
