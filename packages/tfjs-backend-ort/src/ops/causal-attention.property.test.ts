import fc from "fast-check";
import { afterEach, beforeAll, expect, test } from "vitest";
import { registerOrtBackend } from "../register-backend.ts";
import { tf } from "../tf.ts";
import { type CausalAttentionShape, causalAttention } from "./causal-attention.ts";
import { causalLimits } from "./causal-attention-kernels.ts";

const usual = { ...causalLimits };
beforeAll(async () => {
  registerOrtBackend();
  await tf.setBackend("ort");
});
afterEach(() => Object.assign(causalLimits, usual));

const side = (min: number, max: number) => fc.integer({ min, max });

/** Numbers within ±2 that are the same for the same seed. */
const sample = (seed: number, rows: number, width: number) =>
  tf.tensor2d(
    Float32Array.from({ length: rows * width }, (_, index) => 2 * Math.sin(seed * 12.9898 + index * 78.233 + 0.7)),
    [rows, width],
  );

/** Value, gradients of query, key and value. */
function run(shape: CausalAttentionShape, size: number, seed: number): Float32Array[] {
  return tf.tidy(() => {
    const rows = shape.batch * shape.length;
    const [queries, keys] = [shape.heads * size, shape.keyHeads * size];
    const inputs = [sample(seed, rows, queries), sample(seed + 1, rows, keys), sample(seed + 2, rows, keys)];
    const operation = (...args: tf.Tensor[]) => causalAttention(...(args as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]), shape);
    const { value, grads } = tf.valueAndGrads(operation)(inputs, sample(seed + 3, rows, queries));
    return [value, ...grads].map((tensor) => tensor.dataSync() as Float32Array);
  });
}

test("a text in blocks gives what it gives as a whole, in value and gradients, with a window and without", () => {
  fc.assert(
    fc.property(
      fc.tuple(
        side(1, 3),
        side(1, 12),
        side(1, 2),
        side(1, 3),
        side(1, 4),
        fc.option(side(1, 14), { nil: undefined }),
        side(1, 5),
      ),
      side(0, 1000),
      ([batch, length, keyHeads, group, size, window, rows], seed) => {
        const shape = { batch, length, heads: keyHeads * group, keyHeads, ...(window === undefined ? {} : { window }) };
        Object.assign(causalLimits, { together: length, rows });
        const whole = run(shape, size, seed);
        Object.assign(causalLimits, { together: 0, rows });
        const before = tf.memory().numTensors;
        run(shape, size, seed).forEach((values, part) => {
          const scale = (whole[part] ?? values).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
          values.forEach((value, index) => {
            expect(Math.abs(value - (whole[part]?.[index] ?? Number.NaN)) / scale).toBeLessThan(2e-6);
          });
        });
        expect(tf.memory().numTensors).toBe(before);
      },
    ),
    { numRuns: 150 },
  );
});

test("a long text goes in blocks by itself: its first tokens give what they give alone", () => {
  const shape = { batch: 2, length: 300, heads: 4, keyHeads: 2 };
  const short = { batch: 2, length: 100, heads: 4, keyHeads: 2 };
  const [longer = new Float32Array(0)] = run({ ...shape, batch: 1 }, 4, 5);
  const [shorter = new Float32Array(0)] = run({ ...short, batch: 1 }, 4, 5);
  expect(shorter.length).toBe(1600);
  shorter.forEach((value, index) => {
    expect(Math.abs(value - (longer[index] ?? Number.NaN))).toBeLessThan(2e-6);
  });
});

test("gradients of a long text do not depend on what was in the memory before", () => {
  const shape = { batch: 2, length: 300, heads: 4, keyHeads: 2 };
  const [, ...first] = run(shape, 8, 5);
  run(shape, 8, 6);
  const [, ...again] = run(shape, 8, 5);
  expect(again).toEqual(first);
});
