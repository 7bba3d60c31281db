import type { Attributes, Inputs } from "../kernels/register.ts";
import { INT64 } from "../onnx.ts";
import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { callFused, type FusedKernel, isFusable } from "./kernel.ts";
import { node } from "./pieces.ts";

export interface RopeShape {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
}

/** Cosines and sines of the angles, [length, d/2] row after row: position p turns pair i by its angle. */
export interface RopeTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

type RopeAttributes = RopeShape & RopeTables;

const shapeOf = ({ x }: Inputs, attrs: Attributes): number[] => {
  const { batch, length } = attrs as unknown as RopeAttributes;
  return [batch, length, x?.shape[1] ?? 0];
};

export const ropeKernels: readonly FusedKernel[] = [
  {
    name: "OrtRope",
    session: () =>
      sessionFor("OrtRope", () => ({
        nodes: [node("RotaryEmbedding", ["x", "first_position", "cos", "sin"], "out")],
        inputs: ["x", ["first_position", INT64], "cos", "sin"],
        outputs: ["out"],
      })),
    views: (inputs, attrs) => ({ x: shapeOf(inputs, attrs) }),
    tables: (_, attrs) => {
      const { cos, sin, length } = attrs as unknown as RopeAttributes;
      const shape = [length, cos.length / length];
      return {
        first_position: { values: BigInt64Array.of(0n), shape: [1] },
        cos: { values: cos, shape },
        sin: { values: sin, shape },
      };
    },
    outputs: (inputs, attrs) => ({ out: shapeOf(inputs, attrs) }),
    results: ({ x }) => ({ out: x?.shape ?? [] }),
  },
];

/**
 * Rotary positions (Su et al. 2021) in the layout of Llama: of each head of x [batch·length, heads·d], the elements i and i + d/2
 * are turned as a pair, (a, b) → (a·cos − b·sin, b·cos + a·sin), by the angle of their position and i. The gradient turns back.
 */
export function rope(x: tf.Tensor2D, tables: RopeTables, shape: RopeShape): tf.Tensor2D {
  const { length, heads } = shape;
  if (tables.cos.length * heads * 2 !== length * x.shape[1]) {
    throw new RangeError(`tables of ${tables.cos.length} angles do not fit ${length} positions of ${x.shape[1]} numbers`);
  }
  if (!isFusable() || x.size === 0) return composedRope(x, tables, shape);
  const op = tf.customGrad((...args) => {
    const [a] = args as unknown as [tf.Tensor];
    return {
      value: callFused("OrtRope", { x: a }, { ...shape, ...tables })[0] as tf.Tensor,
      gradFunc: (dy: tf.Tensor) => {
        const back = { cos: tables.cos, sin: tables.sin.map((value) => -value) };
        return callFused("OrtRope", { x: dy }, { ...shape, ...back })[0] as tf.Tensor;
      },
    };
  });
  return op(x) as tf.Tensor2D;
}

function composedRope(x: tf.Tensor2D, tables: RopeTables, { batch, length, heads }: RopeShape): tf.Tensor2D {
  const half = x.shape[1] / heads / 2;
  const [cos, sin] = [tables.cos, tables.sin].map((table) => tf.tensor4d(table, [1, length, 1, half])) as [tf.Tensor, tf.Tensor];
  const [a, b] = tf.split(tf.reshape(x, [batch, length, heads, 2 * half]), 2, 3) as [tf.Tensor, tf.Tensor];
  const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
  return tf.reshape(tf.concat(turned, 3), [batch * length, 2 * half * heads]);
}
