import { affine, causalAttention, geluTanh, rmsNorm, rope, swiglu } from "@amalgam/tfjs-backend-ort";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type BackendName, selectBackend } from "../src/runtime/backend.ts";
import { tf } from "../src/runtime/tf.ts";
import { type Case, cases, side } from "./fused-cases.ts";

/** Float32 numbers within ±2 that are the same for the same seed. */
function sample(seed: number, shape: readonly number[]): Float64Array {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return Float64Array.from({ length }, (_, index) => Math.fround(2 * Math.sin(seed * 12.9898 + index * 78.233 + 0.7)));
}

/** d Σ wᵢ·f(x)ᵢ / dx by central differences in float64. */
function differences({ exact }: Case, inputs: readonly Float64Array[], weights: Float64Array): Float64Array[] {
  const step = 1e-5;
  const values = inputs.map((input) => input.slice());
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

/** The largest difference in units of the largest number, or of 1. */
function difference(actual: ArrayLike<number>, wanted: Float64Array): number {
  if (actual.length !== wanted.length) return Number.POSITIVE_INFINITY;
  const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  return wanted.reduce((largest, value, index) => {
    const error = Math.abs((actual[index] ?? Number.NaN) - value) / scale;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(largest, error);
  }, 0);
}

/** On cpu and wasm the operations are composed of those of TensorFlow.js, on ort they are graphs of their own. */
describe.each(["ort", "cpu", "wasm"] satisfies BackendName[])("fused operations on %s", (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
  });

  test.each(Object.keys(cases))("%s: value, with a gradient wanted or not, and gradients are those of float64", (name) => {
    fc.assert(
      fc.property(cases[name] as fc.Arbitrary<Case>, side(0, 1000), (example, seed) => {
        const { shapes, operation, exact } = example;
        const inputs = shapes.map((shape, index) => sample(seed + 31 * index, shape));
        const wanted = exact(inputs);
        const weights = sample(seed + 997, [wanted.length]);
        const before = tf.memory().numTensors;
        tf.tidy(() => {
          const tensors = inputs.map((values, index) => tf.tensor(Float32Array.from(values), [...(shapes[index] ?? [])]));
          const value = operation(tensors as tf.Tensor2D[]);
          expect(difference(value.dataSync(), wanted)).toBeLessThan(4e-6);
          const upstream = tf.tensor(Float32Array.from(weights), value.shape);
          const run = tf.valueAndGrads((...args: tf.Tensor[]) => operation(args as tf.Tensor2D[]));
          const taped = run(tensors, upstream);
          expect(difference(taped.value.dataSync(), wanted)).toBeLessThan(4e-6);
          differences(example, inputs, weights).forEach((gradient, index) => {
            expect(taped.grads[index]?.shape).toEqual(shapes[index]);
            expect(difference(taped.grads[index]?.dataSync() ?? [], gradient), `input ${index}`).toBeLessThan(4e-6);
          });
        });
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 40 },
    );
  });

  test("no rows give no rows", () => {
    tf.tidy(() => {
      const none = tf.zeros([0, 4]) as tf.Tensor2D;
      const shape = { batch: 0, length: 3, heads: 2, keyHeads: 2 };
      expect(affine(none, tf.ones([4, 2]), tf.ones([2])).shape).toEqual([0, 2]);
      expect(rmsNorm(none, tf.ones([4]), 1e-5).shape).toEqual([0, 4]);
      expect(geluTanh(none).shape).toEqual([0, 4]);
      expect(swiglu(none, none).shape).toEqual([0, 4]);
      expect(rope(none, { cos: new Float32Array(3), sin: new Float32Array(3) }, shape).shape).toEqual([0, 4]);
      expect(causalAttention(none, none, none, shape).shape).toEqual([0, 4]);
    });
  });

  test("shapes that do not fit are refused, with the numbers at fault", () => {
    tf.tidy(() => {
      const x = tf.ones([3, 12]) as tf.Tensor2D;
      const shape = { batch: 1, length: 3, heads: 3, keyHeads: 2 };
      expect(() => causalAttention(x, x, x, shape)).toThrow("2 heads of keys do not divide 3 heads of queries");
      const tables = { cos: new Float32Array(5), sin: new Float32Array(5) };
      expect(() => rope(x, tables, shape)).toThrow("tables of 5 angles do not fit 3 positions of 12 numbers");
    });
  });
});
