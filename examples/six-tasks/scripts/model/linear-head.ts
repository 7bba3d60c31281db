import { createTrainer, Parameters, tf } from "@amalgam/engine/runtime";

export interface LinearHead {
  /** [labels, features], row-major, as `classifier.weight` */
  weight: Float32Array;
  bias: Float32Array;
}

export interface Features {
  /** [n, width], row-major */
  values: Float32Array;
  labels: readonly number[];
  width: number;
}

/**
 * Multinomial logistic regression on fixed features by full-batch AdamW with warm-up and linear decay: features are standardised for
 * the fit and the scaling folded into the weights afterwards. `penalty` is the decay of the weights on the standardised scale.
 */
export function fitLinearHead(
  data: Features,
  classes: number,
  { iterations, learningRate, penalty }: { iterations: number; learningRate: number; penalty: number },
): LinearHead {
  const { width, labels } = data;
  const { x, mean, scale } = standardised(data);
  const rows = tf.tensor2d(x, [labels.length, width]);
  const parameters = new Parameters([
    ["weight", { shape: [classes, width], values: new Float32Array(classes * width) }],
    ["bias", { shape: [classes], values: new Float32Array(classes) }],
  ]);
  const trainer = createTrainer(parameters, {
    peakLearningRate: learningRate,
    warmupSteps: Math.round(iterations / 20),
    totalSteps: iterations,
    weightDecay: penalty,
  });
  const targets = tf.oneHot(tf.tensor1d(Int32Array.from(labels), "int32"), classes, 1, 0, "float32");
  for (let i = 0; i < iterations; i++) {
    trainer.step(() => {
      const logits = tf.add(tf.matMul(rows, parameters.tensor<tf.Tensor2D>("weight"), false, true), parameters.tensor("bias"));
      return tf.neg(tf.div(tf.sum(tf.mul(targets, tf.logSoftmax(logits))), labels.length));
    });
  }
  const head = unscaled({ weight: parameters.values("weight"), bias: parameters.values("bias") }, mean, scale);
  parameters.dispose();
  rows.dispose();
  targets.dispose();
  return head;
}

export function accuracyOf(head: LinearHead, data: Features): number {
  const classes = head.bias.length;
  let correct = 0;
  for (const [row, label] of data.labels.entries()) {
    let best = 0;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      let score = head.bias[c] ?? 0;
      for (let d = 0; d < data.width; d++)
        score += (head.weight[c * data.width + d] ?? 0) * (data.values[row * data.width + d] ?? 0);
      if (score > bestScore) {
        best = c;
        bestScore = score;
      }
    }
    if (best === label) correct++;
  }
  return correct / data.labels.length;
}

function standardised({ values, width, labels }: Features): { x: Float32Array; mean: Float64Array; scale: Float64Array } {
  const n = labels.length;
  const mean = new Float64Array(width);
  const scale = new Float64Array(width);
  for (let i = 0; i < n * width; i++) mean[i % width] = (mean[i % width] ?? 0) + (values[i] ?? 0) / n;
  for (let i = 0; i < n * width; i++)
    scale[i % width] = (scale[i % width] ?? 0) + ((values[i] ?? 0) - (mean[i % width] ?? 0)) ** 2 / n;
  for (let d = 0; d < width; d++) scale[d] = 1 / Math.sqrt((scale[d] ?? 0) + 1e-6);
  const x = Float32Array.from(values, (value, i) => (value - (mean[i % width] ?? 0)) * (scale[i % width] ?? 1));
  return { x, mean, scale };
}

/** The same head for raw features: w/σ, and b − w·μ/σ. */
function unscaled(head: LinearHead, mean: Float64Array, scale: Float64Array): LinearHead {
  const width = mean.length;
  const weight = head.weight.map((w, i) => w * (scale[i % width] ?? 1));
  const bias = head.bias.map((b, c) => mean.reduce((sum, m, d) => sum - (weight[c * width + d] ?? 0) * m, b));
  return { weight, bias };
}
