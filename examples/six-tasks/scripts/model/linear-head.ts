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
 * Multinomial logistic regression on fixed features by full-batch Adam with a cosine schedule: features are standardised for the
 * fit and the scaling folded into the weights afterwards. `penalty` is the L2 weight on the standardised scale.
 */
export function fitLinearHead(
  data: Features,
  classes: number,
  options: { iterations: number; learningRate: number; penalty: number },
): LinearHead {
  const { width } = data;
  const n = data.labels.length;
  const { x, mean, scale } = standardised(data);
  const size = classes * (width + 1);
  const theta = new Float64Array(size);
  const gradient = new Float64Array(size);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  for (let t = 1; t <= options.iterations; t++) {
    gradientOf({ theta, x, labels: data.labels, width, classes, gradient });
    const rate = (options.learningRate * (1 + Math.cos((Math.PI * (t - 1)) / options.iterations))) / 2;
    for (let i = 0; i < size; i++) {
      const decay = i < classes * width ? options.penalty * (theta[i] ?? 0) : 0;
      const g = (gradient[i] ?? 0) / n + decay;
      const m = 0.9 * (first[i] ?? 0) + 0.1 * g;
      const v = 0.99 * (second[i] ?? 0) + 0.01 * g * g;
      first[i] = m;
      second[i] = v;
      theta[i] = (theta[i] ?? 0) - (rate * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.99 ** t)) + 1e-8);
    }
  }
  return unscaled(theta, mean, scale, classes);
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

interface Fit {
  theta: Float64Array;
  x: Float32Array;
  labels: readonly number[];
  width: number;
  classes: number;
  gradient: Float64Array;
}

/** Sum over rows of the gradient of −log softmax(Wx + b)[label]; weights first, then biases. */
function gradientOf({ theta, x, labels, width, classes, gradient }: Fit): void {
  gradient.fill(0);
  const biases = classes * width;
  const p = new Float64Array(classes);
  for (let row = 0; row < labels.length; row++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      let z = theta[biases + c] ?? 0;
      for (let d = 0; d < width; d++) z += (theta[c * width + d] as number) * (x[row * width + d] as number);
      p[c] = z;
      top = Math.max(top, z);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += p[c] = Math.exp((p[c] ?? 0) - top);
    for (let c = 0; c < classes; c++) {
      const error = (p[c] ?? 0) / sum - (labels[row] === c ? 1 : 0);
      gradient[biases + c] = (gradient[biases + c] ?? 0) + error;
      for (let d = 0; d < width; d++) (gradient[c * width + d] as number) += error * (x[row * width + d] as number);
    }
  }
}

function unscaled(theta: Float64Array, mean: Float64Array, scale: Float64Array, classes: number): LinearHead {
  const width = mean.length;
  const weight = new Float32Array(classes * width);
  const bias = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    let shift = theta[classes * width + c] ?? 0;
    for (let d = 0; d < width; d++) {
      const w = (theta[c * width + d] ?? 0) * (scale[d] ?? 1);
      weight[c * width + d] = w;
      shift -= w * (mean[d] ?? 0);
    }
    bias[c] = shift;
  }
  return { weight, bias };
}
