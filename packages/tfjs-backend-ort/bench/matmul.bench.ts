import { registerOrtBackend } from "@amalgam/tfjs-backend-ort";
import * as tf from "@tensorflow/tfjs";
import { referenceSession, Tensor } from "./reference-session.ts";

const side = 1024;
const rounds = 15;
const gigaflop = (2 * side ** 3) / 1e9;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** GFLOP in one CPU second of this process: what other processes do to the clock on the wall does not count. */
async function perCpuSecond(step: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await step();
  const { user, system } = process.cpuUsage(before);
  return gigaflop / ((user + system) / 1e6);
}

/** The product of two matrices as a user of ONNX Runtime would ask for it: one MatMul, public interface, one thread. */
async function rawProduct(a: Float32Array, b: Float32Array): Promise<() => Promise<void>> {
  const session = await referenceSession({
    nodes: [{ op: "MatMul", inputs: ["a", "b"], outputs: ["c"] }],
    inputs: ["a", "b"],
    outputs: ["c"],
  });
  const tensor = (values: Float32Array) => new Tensor("float32", values, [side, side]);
  const feeds = { a: tensor(a), b: tensor(b) };
  return async () => void (await session.run(feeds));
}

/** Matrix product of the backend, through TensorFlow.js with all its bookkeeping, against ONNX Runtime itself. */
async function* matmul() {
  registerOrtBackend();
  await tf.setBackend("ort");
  const values = [1, 2].map((seed) => Float32Array.from({ length: side * side }, (_, index) => Math.sin(seed * index))) as [
    Float32Array,
    Float32Array,
  ];
  const raw = await rawProduct(...values);
  const [a, b] = values.map((array) => tf.tensor2d(array, [side, side])) as [tf.Tensor2D, tf.Tensor2D];
  for (const [title, transposeB] of [
    ["1024³ float32, one thread", false],
    ["1024³ float32, one thread, second operand transposed", true],
  ] as const) {
    const product = () => tf.matMul(a, b, false, transposeB).dispose();
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = -2; round < rounds; round++) {
      const pair = [await perCpuSecond(product), await perCpuSecond(raw)] as const;
      // The first rounds compile and warm up.
      if (round < 0) continue;
      ours.push(pair[0]);
      theirs.push(pair[1]);
    }
    const [value, referenceValue] = [median(ours), median(theirs)];
    yield {
      bench: "matmul",
      metric: title,
      value,
      unit: "GFLOP/CPU-s",
      reference: "ONNX Runtime's own MatMul",
      referenceValue,
      ratio: value / referenceValue,
    };
  }
  tf.dispose([a, b]);
}

export const benches = [{ name: "matmul", run: matmul }];
