import { input, isFloat, type KernelCall, operand, register } from "../kernels/register.ts";
import { sessionFor, singleNode } from "../session.ts";
import { tf } from "../tf.ts";
import { isFusable } from "./kernel.ts";

export function registerCrossEntropyKernels(): void {
  register("OrtCrossEntropy", forward);
  register("OrtCrossEntropyGrad", backward);
}

/** Two outputs: the mean loss, and log-probabilities for the gradient. */
function forward(call: KernelCall): tf.TensorInfo[] {
  const logits = input(call, "logits");
  if (!isFloat(logits)) throw new TypeError("logits are float32");
  const labels = call.attrs["labels"] as Int32Array;
  const classes = logits.shape[1] ?? 0;
  const logProbabilities = call.backend.allocate(labels.length * classes);
  sessionFor("LogSoftmax", () => singleNode("LogSoftmax", ["a"], { axis: -1 })).run(
    { a: operand(call.backend, logits) },
    { out: { values: logProbabilities, shape: logits.shape } },
  );
  let total = 0;
  labels.forEach((label, row) => {
    total -= logProbabilities[row * classes + label] ?? 0;
  });
  return [
    call.backend.makeOutputTensor([], Float32Array.of(total / labels.length)),
    call.backend.makeOutputTensor(logits.shape, logProbabilities),
  ];
}

/** dlogits = (softmax − onehot(label))·dy/n */
function backward(call: KernelCall): tf.TensorInfo {
  const logProbabilities = input(call, "logProbabilities");
  const labels = call.attrs["labels"] as Int32Array;
  const classes = logProbabilities.shape[1] ?? 0;
  const scale = (call.backend.floats(input(call, "dy"))[0] ?? 0) / labels.length;
  const out = call.backend.allocate(labels.length * classes);
  const session = sessionFor("OrtCrossEntropyGrad", () => ({
    nodes: [
      { op: "Exp", inputs: ["a"], outputs: ["p"] },
      { op: "Mul", inputs: ["p", "b"], outputs: ["out"] },
    ],
    inputs: ["a", "b"],
    outputs: ["out"],
  }));
  session.run(
    { a: operand(call.backend, logProbabilities), b: { values: Float32Array.of(scale), shape: [1] } },
    { out: { values: out, shape: logProbabilities.shape } },
  );
  labels.forEach((label, row) => {
    const index = row * classes + label;
    out[index] = (out[index] ?? 0) - scale;
  });
  return call.backend.makeOutputTensor(logProbabilities.shape, out);
}

/** Mean over rows of −log softmax(logits)[label]: logits [n, classes], labels n integers in 0..classes-1. Scalar; n ≥ 1. */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  const [rows, classes] = logits.shape;
  if (rows !== labels.length || rows === 0) throw new RangeError(`${labels.length} labels for ${rows} rows of logits`);
  const stray = labels.find((label) => label < 0 || label >= classes);
  if (stray !== undefined) throw new RangeError(`label ${stray} is outside 0..${classes - 1}`);
  if (!isFusable()) return composed(logits, labels);
  const op = tf.customGrad((...args) => {
    const [a, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    const [value, logProbabilities] = run("OrtCrossEntropy", { logits: a }, { labels }) as [tf.Tensor, tf.Tensor];
    save([logProbabilities]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        run("OrtCrossEntropyGrad", { dy, logProbabilities: saved[0] as tf.Tensor }, { labels }) as tf.Tensor,
    };
  });
  return op(logits) as tf.Scalar;
}

function composed(logits: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  // Cast afterwards: tfjs-wasm writes integers into a one-hot tensor that is asked for as float32.
  const chosen = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), logits.shape[1]), "float32");
  return tf.neg(tf.div(tf.sum(tf.mul(chosen, tf.logSoftmax(logits))), labels.length));
}

function run(name: string, inputs: Record<string, tf.Tensor>, attrs: Record<string, unknown>): tf.Tensor | tf.Tensor[] {
  return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as unknown as tf.NamedAttrMap);
}
