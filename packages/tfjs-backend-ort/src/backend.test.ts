import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OrtBackend } from "./backend.ts";
import { borrowValues } from "./borrow-values.ts";
import { registerOrtBackend } from "./register-backend.ts";
import { tf } from "./tf.ts";

beforeAll(() => registerOrtBackend());
beforeEach(async () => void (await tf.setBackend("ort")));

const large: [number, number] = [100, 100];

describe("arrays are recycled", () => {
  test("from a tensor that is gone to the next one of its size", () => {
    const first = tf.add(tf.ones(large), 1);
    const array = borrowValues(first);
    first.dispose();
    const second = tf.add(tf.ones(large), 2);
    expect(borrowValues(second).buffer).toBe(array.buffer);
    expect(array.every((value) => value === 3)).toBe(true);
    second.dispose();
  });

  test("but never one that was handed out", async () => {
    const first = tf.add(tf.ones(large), 1);
    const [synchronous, asynchronous] = [first.dataSync(), await first.data()];
    first.dispose();
    const second = tf.mul(tf.ones(large), 5);
    expect(synchronous.every((value) => value === 2)).toBe(true);
    expect(asynchronous.every((value) => value === 2)).toBe(true);
    second.dispose();
  });

  test("nor one that another tensor still shows", () => {
    const first = tf.add(tf.ones(large), 1);
    const view = tf.reshape(first, [10_000]);
    first.dispose();
    const second = tf.mul(tf.ones(large), 5);
    expect(borrowValues(view).every((value) => value === 2)).toBe(true);
    tf.dispose([view, second]);
  });

  test("nor the caller's own", () => {
    const mine = new Float32Array(10_000).fill(1);
    tf.tensor(mine, large).dispose();
    const other = tf.mul(tf.ones(large), 5);
    expect(mine.every((value) => value === 1)).toBe(true);
    other.dispose();
  });
});

test("a change in place of the caller's array is seen by the next operation", () => {
  const mine = new Float32Array(10_000).fill(1);
  const tensor = tf.tensor(mine, large);
  mine.fill(4);
  const sum = tf.add(tensor, 1);
  expect(borrowValues(sum)[9_999]).toBe(5);
  tf.dispose([tensor, sum]);
});

test("a thousand steps with gradients leave neither tensors nor arrays behind", { timeout: 60_000 }, () => {
  const weights = tf.tensor(new Float32Array(64 * 65).fill(0.01), [65, 64]) as tf.Tensor2D;
  const step = () => {
    const { value, grads } = tf.valueAndGrads((w: tf.Tensor) =>
      tf.mean(tf.square(tf.tanh(tf.matMul(w as tf.Tensor2D, weights, false, true)))),
    )([weights]);
    tf.dispose([value, ...grads]);
  };
  for (let index = 0; index < 20; index++) step();
  const backend = tf.backend() as OrtBackend;
  expect(backend).toBeInstanceOf(OrtBackend);
  const before = { ...tf.memory(), pooled: backend.pooledBytes };
  for (let index = 0; index < 1000; index++) step();
  const after = { ...tf.memory(), pooled: backend.pooledBytes };
  expect(after.numTensors).toBe(before.numTensors);
  expect(after.numDataBuffers).toBe(before.numDataBuffers);
  expect(after.pooled).toBe(before.pooled);
  weights.dispose();
});
