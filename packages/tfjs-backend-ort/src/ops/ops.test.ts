import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as reference from "../../test/float64-reference.ts";
import { registerOrtBackend } from "../register-backend.ts";
import { tf } from "../tf.ts";
import { attention } from "./attention.ts";
import { softmaxCrossEntropy } from "./cross-entropy.ts";
import { gatherRows } from "./embedding.ts";
import { composedEncoderLayer, type EncoderLayerWeights, encoderLayer } from "./encoder-layer.ts";
import { gelu } from "./gelu.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";

beforeAll(() => registerOrtBackend());

interface Input {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Numbers that look random and are the same in every run. */
function sample(seed: number, ...shape: number[]): Input {
  const length = shape.reduce((product, side) => product * side, 1);
  return { shape, values: Float64Array.from({ length }, (_, index) => 1.3 * Math.sin(seed * 12.9898 + index * 78.233 + 0.7)) };
}

interface Case {
  readonly inputs: readonly Input[];
  readonly fused: (tensors: tf.Tensor[]) => tf.Tensor;
  /** The same in float64, without tensors. */
  readonly exact: (values: Float64Array[]) => Float64Array;
}

const ids = Int32Array.of(2, 0, 2, 4);
const labels = Int32Array.of(1, 3, 0, 0, 2);
const heads = { batch: 2, length: 3, heads: 2 };
const maskValues = [0, 0, 0, 0, 0, -1e9];
const mask = () => tf.tensor4d(maskValues, [2, 1, 1, 3]);

const cases: Record<string, Case> = {
  linear: {
    inputs: [sample(1, 5, 3), sample(2, 4, 3), sample(3, 4)],
    fused: ([x, weight, bias]) => linear(x as tf.Tensor2D, weight as tf.Tensor2D, bias as tf.Tensor1D),
    exact: ([x, weight, bias]) => reference.linear(x, weight, bias, { rows: 5, inputs: 3, outputs: 4 }),
  },
  gelu: {
    inputs: [sample(4, 3, 5)],
    fused: ([x]) => gelu(x as tf.Tensor),
    exact: ([x]) => reference.gelu(x),
  },
  layerNorm: {
    inputs: [sample(5, 4, 6), sample(6, 6), sample(7, 6)],
    fused: ([x, gamma, beta]) => layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-5),
    exact: ([x, gamma, beta]) => reference.layerNorm(x, gamma, beta, { width: 6, epsilon: 1e-5 }),
  },
  attention: {
    inputs: [sample(8, 6, 4), sample(9, 6, 4), sample(10, 6, 4)],
    fused: ([q, k, v]) => attention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, mask(), heads),
    exact: ([q, k, v]) => reference.attention(q, k, v, { ...heads, width: 4, mask: maskValues }),
  },
  softmaxCrossEntropy: {
    inputs: [sample(11, 5, 4)],
    fused: ([logits]) => softmaxCrossEntropy(logits as tf.Tensor2D, labels),
    exact: ([logits]) => reference.softmaxCrossEntropy(logits, labels, 4),
  },
  gatherRows: {
    inputs: [sample(12, 5, 3)],
    fused: ([table]) => gatherRows(table as tf.Tensor2D, ids),
    exact: ([table]) => Float64Array.from([...ids].flatMap((id) => [...(table?.subarray(id * 3, id * 3 + 3) ?? [])])),
  },
};

/** d Σ wᵢ·f(x)ᵢ / dx by central differences in float64: good to about 1e-8. */
function differences({ inputs, exact }: Case, weights: Float64Array): Float64Array[] {
  const step = 1e-5;
  const values = inputs.map((input) => Float64Array.from(input.values));
  const total = () => exact(values).reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0);
  return values.map((array) =>
    array.map((value, index) => {
      array[index] = value + step;
      const above = total();
      array[index] = value - step;
      const below = total();
      array[index] = value;
      return (above - below) / (2 * step);
    }),
  );
}

function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(actual.length).toBe(wanted.length);
  Array.from(wanted).forEach((value, index) => {
    expect(Math.abs((actual[index] ?? Number.NaN) - value)).toBeLessThan(5e-6 * (1 + Math.abs(value)));
  });
}

describe.each(["ort", "cpu"])("fused operations on %s", (backend) => {
  let tensorsBefore = 0;
  beforeEach(async () => {
    await tf.setBackend(backend);
    tensorsBefore = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  test.each(Object.keys(cases))("%s: value and gradients are those of float64 arithmetic", (name) => {
    const { inputs, fused, exact } = cases[name] as Case;
    tf.tidy(() => {
      const tensors = inputs.map(({ shape, values }) => tf.tensor(Float32Array.from(values), [...shape]));
      const value = fused(tensors);
      expectClose(value.dataSync(), exact(inputs.map(({ values }) => values)));
      const weights = Float64Array.from({ length: value.size }, (_, index) => Math.cos(index * 1.7));
      const upstream = tf.tensor(Float32Array.from(weights), value.shape);
      const gradients = tf.grads((...args: tf.Tensor[]) => fused(args))(tensors, upstream);
      differences(cases[name] as Case, weights).forEach((wanted, index) => {
        expectClose(gradients[index]?.dataSync() ?? [], wanted);
      });
    });
  });

  test("an encoder layer is the composition of its parts, in value and all seventeen gradients", () => {
    tf.tidy(() => {
      const shape = { batch: 2, length: 3, heads: 2, epsilon: 1e-6 };
      const tensors = layerShapes(4, 7).map((extents, index) => {
        const { values } = sample(index + 20, ...extents);
        return tf.tensor(Float32Array.from(values), [...extents]);
      });
      const upstream = tf.tensor(Float32Array.from(sample(50, 6, 4).values), [6, 4]);
      const run = (layer: typeof encoderLayer) => {
        const f = ([x, ...weights]: tf.Tensor[]) => layer(x as tf.Tensor2D, mask(), layerWeights(weights), shape);
        return [f(tensors), ...tf.grads((...args: tf.Tensor[]) => f(args))(tensors, upstream)].map((tensor) => tensor.dataSync());
      };
      const wanted = run(composedEncoderLayer);
      const actual = run(encoderLayer);
      expect(actual).toHaveLength(18);
      actual.forEach((values, index) => {
        expectClose(values, wanted[index] ?? []);
      });
    });
  });

  test("labels and rows outside the tensor are refused, with the number at fault", () => {
    tf.tidy(() => {
      expect(() => softmaxCrossEntropy(tf.zeros([1, 3]), Int32Array.of(3))).toThrow("label 3 is outside 0..2");
      expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), Int32Array.of(1))).toThrow("1 labels for 2 rows");
      expect(() => gatherRows(tf.zeros([4, 2]), Int32Array.of(0, 4))).toThrow("row 4 is outside a table of 4 rows");
    });
  });

  test("no rows give no rows", () => {
    tf.tidy(() => {
      const none = tf.zeros([0, 3]) as tf.Tensor2D;
      expect(linear(none, tf.ones([2, 3]), tf.ones([2])).shape).toEqual([0, 2]);
      expect(layerNorm(none, tf.ones([3]), tf.ones([3]), 1e-5).shape).toEqual([0, 3]);
      expect(gelu(none).shape).toEqual([0, 3]);
      expect(gatherRows(tf.ones([2, 3]), new Int32Array(0)).shape).toEqual([0, 3]);
    });
  });
});

function layerShapes(width: number, wide: number): number[][] {
  const dense = (outputs: number, inputs: number) => [[outputs, inputs], [outputs]];
  const norm = [[width], [width]];
  return [
    [6, width],
    ...[1, 2, 3, 4].flatMap(() => dense(width, width)),
    ...norm,
    ...dense(wide, width),
    ...dense(width, wide),
    ...norm,
  ];
}

function layerWeights(tensors: readonly tf.Tensor[]): EncoderLayerWeights {
  const dense = (at: number) => ({ weight: tensors[at] as tf.Tensor2D, bias: tensors[at + 1] as tf.Tensor1D });
  const norm = (at: number) => ({ gamma: tensors[at] as tf.Tensor1D, beta: tensors[at + 1] as tf.Tensor1D });
  return {
    query: dense(0),
    key: dense(2),
    value: dense(4),
    output: dense(6),
    outputNorm: norm(8),
    wide: dense(10),
    narrow: dense(12),
    narrowNorm: norm(14),
  };
}
