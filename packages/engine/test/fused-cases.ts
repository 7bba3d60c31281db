import {
  affine,
  attention,
  causalAttention,
  gatherRows,
  gelu,
  geluTanh,
  layerNorm,
  linear,
  rmsNorm,
  rope,
  softmaxCrossEntropy,
  swiglu,
} from "@amalgam/tfjs-backend-ort";
import fc from "fast-check";
import * as encoders from "../../tfjs-backend-ort/test/float64-reference.ts";
import { tf } from "../src/runtime/tf.ts";
import * as float64 from "./float64-decoder.ts";

/** An operation on inputs of the given shapes, and the same in float64. */
export interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly operation: (inputs: tf.Tensor2D[]) => tf.Tensor;
  readonly exact: (values: Float64Array[]) => Float64Array;
}

export const side = (min: number, max: number) => fc.integer({ min, max });

const decoderCases: Record<string, fc.Arbitrary<Case>> = {
  affine: fc.tuple(side(1, 6), side(1, 5), side(1, 5)).map(([rows, inputs, outputs]) => ({
    shapes: [[rows, inputs], [inputs, outputs], [outputs]],
    operation: ([x, weight, bias]) => affine(x as tf.Tensor2D, weight as tf.Tensor2D, bias as unknown as tf.Tensor1D),
    exact: (values) => float64.affine(values, { inputs, outputs }),
  })),
  geluTanh: fc.tuple(side(1, 6), side(1, 7)).map((shape) => ({
    shapes: [shape],
    operation: ([x]) => geluTanh(x as tf.Tensor2D),
    exact: float64.geluTanh,
  })),
  rmsNorm: fc.tuple(side(1, 6), side(2, 9), fc.constantFrom(1e-6, 1e-2)).map(([rows, width, epsilon]) => ({
    shapes: [[rows, width], [width]],
    operation: ([x, gamma]) => rmsNorm(x as tf.Tensor2D, gamma as unknown as tf.Tensor1D, epsilon),
    exact: (values) => float64.rmsNorm(values, { width, epsilon }),
  })),
  swiglu: fc.tuple(side(1, 6), side(1, 7)).map((shape) => ({
    shapes: [shape, shape],
    operation: ([gate, up]) => swiglu(gate as tf.Tensor2D, up as tf.Tensor2D),
    exact: float64.swiglu,
  })),
  rope: fc.tuple(side(1, 3), side(1, 5), side(1, 3), side(1, 4)).map(([batch, length, heads, half]) => {
    const shape = { batch, length, heads, size: 2 * half };
    const angles = Float64Array.from({ length: length * half }, (_, index) => Math.floor(index / half) / 3 ** (index % half));
    const tables = { cos: Float32Array.from(angles, Math.cos), sin: Float32Array.from(angles, Math.sin) };
    return {
      shapes: [[batch * length, heads * 2 * half]],
      operation: ([x]) => rope(x as tf.Tensor2D, tables, shape),
      exact: (values) => float64.rope(values, shape, angles),
    };
  }),
  causalAttention: fc
    .tuple(side(1, 2), side(1, 5), side(1, 2), side(1, 3), side(1, 4), side(1, 6))
    .map(([batch, length, keyHeads, group, size, window]) => {
      const shape = { batch, length, heads: keyHeads * group, keyHeads, window };
      const keys = [batch * length, keyHeads * size];
      return {
        shapes: [[batch * length, keyHeads * group * size], keys, keys],
        operation: ([q, k, v]) => causalAttention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, shape),
        exact: (values) => float64.causalAttention(values, { ...shape, size }),
      };
    }),
};

const encoderCases: Record<string, fc.Arbitrary<Case>> = {
  linear: fc.tuple(side(1, 6), side(1, 5), side(1, 5)).map(([rows, inputs, outputs]) => ({
    shapes: [[rows, inputs], [outputs, inputs], [outputs]],
    operation: ([x, weight, bias]) => linear(x as tf.Tensor2D, weight as tf.Tensor2D, bias as unknown as tf.Tensor1D),
    exact: ([x, weight, bias]) => encoders.linear(x, weight, bias, { rows, inputs, outputs }),
  })),
  gelu: fc.tuple(side(1, 6), side(1, 7)).map((shape) => ({
    shapes: [shape],
    operation: ([x]) => gelu(x as tf.Tensor2D),
    exact: ([x]) => encoders.gelu(x),
  })),
  layerNorm: fc.tuple(side(1, 6), side(3, 9), fc.constantFrom(1e-5, 1e-2)).map(([rows, width, epsilon]) => ({
    shapes: [[rows, width], [width], [width]],
    operation: ([x, gamma, beta]) =>
      layerNorm(x as tf.Tensor2D, gamma as unknown as tf.Tensor1D, beta as unknown as tf.Tensor1D, epsilon),
    exact: ([x, gamma, beta]) => encoders.layerNorm(x, gamma, beta, { width, epsilon }),
  })),
  attention: fc.tuple(side(1, 2), side(1, 5), side(1, 3), side(1, 4), side(1, 5)).map(([batch, length, heads, size, used]) => {
    const shape = { batch, length, heads };
    const mask = Array.from({ length: batch * length }, (_, index) => (index % length < used ? 0 : -1e9));
    const input = [batch * length, heads * size];
    return {
      shapes: [input, input, input],
      operation: ([q, k, v]) =>
        attention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, tf.tensor4d(mask, [batch, 1, 1, length]), shape),
      exact: ([q, k, v]) => encoders.attention(q, k, v, { ...shape, width: heads * size, mask }),
    };
  }),
  softmaxCrossEntropy: fc.tuple(side(1, 6), side(2, 7), side(0, 100)).map(([rows, classes, seed]) => {
    const labels = Int32Array.from({ length: rows }, (_, row) => (seed * 7 + row * 3) % classes);
    return {
      shapes: [[rows, classes]],
      operation: ([logits]) => softmaxCrossEntropy(logits as tf.Tensor2D, labels),
      exact: ([logits]) => encoders.softmaxCrossEntropy(logits, labels, classes),
    };
  }),
  gatherRows: fc
    .tuple(side(1, 5), side(1, 4), fc.array(side(0, 100), { minLength: 1, maxLength: 8 }))
    .map(([rows, width, picks]) => {
      const ids = Int32Array.from(picks, (pick) => pick % rows);
      return {
        shapes: [[rows, width]],
        operation: ([table]) => gatherRows(table as tf.Tensor2D, ids),
        exact: ([table]) =>
          Float64Array.from([...ids].flatMap((id) => [...(table?.subarray(id * width, (id + 1) * width) ?? [])])),
      };
    }),
};

/** Every fused operation, by name. */
export const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = { ...encoderCases, ...decoderCases };
