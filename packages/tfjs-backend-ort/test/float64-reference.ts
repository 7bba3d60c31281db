/** The fused operations in plain float64, for tests: the definitions, one element at a time. */

type Values = Float64Array | undefined;

const at = (values: Values, index: number): number => values?.[index] ?? 0;

export function linear(
  x: Values,
  weight: Values,
  bias: Values,
  { rows, inputs, outputs }: { rows: number; inputs: number; outputs: number },
): Float64Array {
  return Float64Array.from({ length: rows * outputs }, (_, index) => {
    const row = Math.floor(index / outputs);
    const output = index % outputs;
    let sum = at(bias, output);
    for (let input = 0; input < inputs; input++) sum += at(x, row * inputs + input) * at(weight, output * inputs + input);
    return sum;
  });
}

export function gelu(x: Values): Float64Array {
  return (x ?? new Float64Array(0)).map((value) => 0.5 * value * (1 + errorFunction(value * Math.SQRT1_2)));
}

/** Maclaurin series, exact to rounding for |x| < 4. */
function errorFunction(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export function layerNorm(
  x: Values,
  gamma: Values,
  beta: Values,
  { width, epsilon }: { width: number; epsilon: number },
): Float64Array {
  const values = x ?? new Float64Array(0);
  return values.map((value, index) => {
    const start = index - (index % width);
    const row = values.subarray(start, start + width);
    const mean = row.reduce((sum, item) => sum + item, 0) / width;
    const variance = row.reduce((sum, item) => sum + (item - mean) ** 2, 0) / width;
    return ((value - mean) / Math.sqrt(variance + epsilon)) * at(gamma, index % width) + at(beta, index % width);
  });
}

export function attention(
  query: Values,
  key: Values,
  value: Values,
  shape: { batch: number; length: number; heads: number; width: number; mask: readonly number[] },
): Float64Array {
  const { length, heads, width, mask } = shape;
  const size = width / heads;
  return Float64Array.from({ length: shape.batch * length * width }, (_, index) => {
    const row = Math.floor(index / width);
    const text = Math.floor(row / length);
    const head = Math.floor((index % width) / size);
    const scores = Array.from({ length }, (_unused, column) => {
      let dot = 0;
      for (let d = 0; d < size; d++) {
        dot += at(query, row * width + head * size + d) * at(key, (text * length + column) * width + head * size + d);
      }
      return dot / Math.sqrt(size) + (mask[text * length + column] ?? 0);
    });
    const weights = softmax(scores);
    return weights.reduce(
      (sum, weight, column) => sum + weight * at(value, (text * length + column) * width + (index % width)),
      0,
    );
  });
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

export function softmaxCrossEntropy(logits: Values, labels: Int32Array, classes: number): Float64Array {
  let total = 0;
  labels.forEach((label, row) => {
    const scores = Array.from(logits?.subarray(row * classes, (row + 1) * classes) ?? []);
    total -= Math.log(softmax(scores)[label] ?? Number.NaN);
  });
  return Float64Array.of(total / labels.length);
}
