import type { OnnxGraph } from "../onnx.ts";
import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";
import { node } from "./pieces.ts";

export const swigluKernels: readonly FusedKernel[] = [
  {
    name: "OrtSwiglu",
    session: () => sessionFor("OrtSwiglu", forwardGraph),
    outputs: ({ gate }) => ({ out: gate?.shape ?? [] }),
  },
  {
    name: "OrtSwigluGrad",
    session: () => sessionFor("OrtSwigluGrad", gradientGraph),
    outputs: ({ gate }) => ({ dgate: gate?.shape ?? [], dup: gate?.shape ?? [] }),
  },
];

function forwardGraph(): OnnxGraph {
  return {
    nodes: [node("QuickGelu", ["gate"], "silu", { alpha: { float: 1 } }), node("Mul", ["silu", "up"], "out")],
    inputs: ["gate", "up"],
    outputs: ["out"],
  };
}

/** s = σ(gate), a = gate·s: d up = dy·a, d gate = dy·up·(s + a − a·s). The sigmoid is computed again, so only the inputs are kept. */
function gradientGraph(): OnnxGraph {
  return {
    nodes: [
      node("Sigmoid", ["gate"], "s"),
      node("Mul", ["gate", "s"], "a"),
      node("Mul", ["dy", "a"], "dup"),
      node("Mul", ["a", "s"], "a_s"),
      node("Sub", ["a", "a_s"], "lean"),
      node("Add", ["s", "lean"], "slope"),
      node("Mul", ["dy", "up"], "dy_up"),
      node("Mul", ["dy_up", "slope"], "dgate"),
    ],
    inputs: ["dy", "gate", "up"],
    outputs: ["dgate", "dup"],
  };
}

/** silu(gate)·up, element by element, with silu(x) = x·σ(x); both of one shape. Source: Shazeer 2020. */
export function swiglu(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  if (!isFusable() || gate.size === 0) return tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
  const op = tf.customGrad((...args) => {
    const [g, u, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    save([g, u]);
    const [value] = callFused("OrtSwiglu", { gate: g, up: u });
    return {
      value: value as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sg, su] = saved as [tf.Tensor, tf.Tensor];
        return callFused("OrtSwigluGrad", { dy, gate: sg, up: su });
      },
    };
  });
  return op(gate, up) as tf.Tensor2D;
}
