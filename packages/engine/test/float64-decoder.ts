/** The fused operations of decoders in plain float64, for tests: the definitions, one element at a time. */

const at = (values: Float64Array | undefined, index: number): number => values?.[index] ?? Number.NaN;

export interface Affine {
  readonly inputs: number;
  readonly outputs: number;
}

export function affine([x, weight, bias]: Float64Array[], { inputs, outputs }: Affine): Float64Array {
  return Float64Array.from({ length: ((x?.length ?? 0) / inputs) * outputs }, (_, index) => {
    const row = Math.floor(index / outputs);
    const output = index % outputs;
    let sum = at(bias, output);
    for (let input = 0; input < inputs; input++) sum += at(x, row * inputs + input) * at(weight, input * outputs + output);
    return sum;
  });
}

export function geluTanh([x]: Float64Array[]): Float64Array {
  const inner = (value: number) => Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3);
  return (x ?? new Float64Array(0)).map((value) => 0.5 * value * (1 + Math.tanh(inner(value))));
}

export function rmsNorm([x, gamma]: Float64Array[], { width, epsilon }: { width: number; epsilon: number }): Float64Array {
  const values = x ?? new Float64Array(0);
  return values.map((value, index) => {
    const start = index - (index % width);
    const squares = values.subarray(start, start + width).reduce((sum, item) => sum + item * item, 0);
    return (value / Math.sqrt(squares / width + epsilon)) * at(gamma, index % width);
  });
}

export function swiglu([gate, up]: Float64Array[]): Float64Array {
  return (gate ?? new Float64Array(0)).map((value, index) => (value / (1 + Math.exp(-value))) * at(up, index));
}

export interface Heads {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  /** Width of a head. */
  readonly size: number;
}

/** A complex number a + ib for each pair, turned by the angle of position and pair. */
export function rope([x]: Float64Array[], { length, heads, size }: Heads, angles: Float64Array): Float64Array {
  const half = size / 2;
  return (x ?? new Float64Array(0)).map((value, index) => {
    const position = Math.floor(index / (heads * size)) % length;
    const column = index % size;
    const angle = at(angles, position * half + (column % half));
    const partner = column < half ? -at(x, index + half) : at(x, index - half);
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

export interface GroupedHeads extends Heads {
  readonly keyHeads: number;
  readonly window: number;
}

/** Keys and values are looked up by head; a position's loop ends at itself, so there is no mask. */
export function causalAttention([query, key, value]: Float64Array[], shape: GroupedHeads): Float64Array {
  const { batch, length, heads, keyHeads, size, window } = shape;
  const out = new Float64Array(batch * length * heads * size);
  for (let row = 0; row < batch * length; row++) {
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor(head / (heads / keyHeads));
      const first = row - Math.min(row % length, window - 1);
      const weights: number[] = [];
      for (let seen = first; seen <= row; seen++) {
        let dot = 0;
        for (let d = 0; d < size; d++) {
          dot += at(query, (row * heads + head) * size + d) * at(key, (seen * keyHeads + keyHead) * size + d);
        }
        weights.push(Math.exp(dot / Math.sqrt(size)));
      }
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let d = 0; d < size; d++) {
        out[(row * heads + head) * size + d] = weights.reduce(
          (sum, weight, step) => sum + (weight / total) * at(value, ((first + step) * keyHeads + keyHead) * size + d),
          0,
        );
      }
    }
  }
  return out;
}
