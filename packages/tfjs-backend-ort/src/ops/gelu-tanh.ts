import type { OnnxGraph } from "../onnx.ts";
import { sessionFor, singleNode } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable, isTaping } from "./kernel.ts";
import { node } from "./pieces.ts";

const LINEAR = Math.sqrt(2 / Math.PI);
const CUBIC = LINEAR * 0.044715;

export const geluTanhKernels: readonly FusedKernel[] = [
  {
    name: "OrtGeluTanh",
    session: () => sessionFor("OrtGeluTanh", () => singleNode("FastGelu", ["x"])),
    outputs: ({ x }) => ({ out: x?.shape ?? [] }),
  },
  {
    name: "OrtGeluTanhWithSlope",
    session: () => sessionFor("OrtGeluTanhWithSlope", slopeGraph),
    outputs: ({ x }) => ({ out: x?.shape ?? [], slope: x?.shape ?? [] }),
  },
];

/** ½(1 + tanh u) = σ(2u) = φ, so out = x·φ and slope = φ + 2·out·(1 − φ)·u′ with u′ = LINEAR + 3·CUBIC·x². */
function slopeGraph(): OnnxGraph {
  return {
    nodes: [
      node("Mul", ["x", "x"], "square"),
      node("Mul", ["square", "twice_cubic"], "cubic_part"),
      node("Add", ["cubic_part", "twice_linear"], "factor"),
      node("Mul", ["x", "factor"], "twice_u"),
      node("Sigmoid", ["twice_u"], "phi"),
      node("Mul", ["x", "phi"], "out"),
      node("Mul", ["out", "phi"], "out_phi"),
      node("Sub", ["out", "out_phi"], "rest"),
      node("Mul", ["square", "six_cubic"], "slope_part"),
      node("Add", ["slope_part", "twice_linear"], "twice_u_slope"),
      node("Mul", ["rest", "twice_u_slope"], "lean"),
      node("Add", ["phi", "lean"], "slope"),
    ],
    inputs: ["x"],
    outputs: ["out", "slope"],
    constants: [
      { name: "twice_linear", value: 2 * LINEAR },
      { name: "twice_cubic", value: 2 * CUBIC },
      { name: "six_cubic", value: 6 * CUBIC },
    ],
  };
}

/** ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))): the approximation of GELU that GPT-2 and others were trained with ("gelu_new"). */
export function geluTanh<T extends tf.Tensor>(x: T): T {
  if (!isFusable() || x.size === 0) return composedGeluTanh(x);
  const op = tf.customGrad((...args) => {
    const [a, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    if (!isTaping()) return { value: callFused("OrtGeluTanh", { x: a })[0] as tf.Tensor, gradFunc: () => [] };
    const [value, slope] = callFused("OrtGeluTanhWithSlope", { x: a }) as [tf.Tensor, tf.Tensor];
    save([slope]);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0] as tf.Tensor) };
  });
  return op(x) as T;
}

function composedGeluTanh<T extends tf.Tensor>(x: T): T {
  const inner = tf.mul(x, tf.add(tf.mul(tf.square(x), CUBIC), LINEAR));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1)) as T;
}
